/** What the installing part of a script must be told, whoever installs. */
import type { JobRequestOf } from '../sidecar/protocol.ts';
import { sumLines, TESTED_RELEASE } from './catalog/tested-release.ts';
import { INSTALLERS, installOverrides } from './catalog/versions.ts';
import type { InstallPlan } from './ports.ts';
import type { ResolveSources } from './resolve-plan.ts';

/** For a job of the machine's own program. */
export function installRequest(
  sources: ResolveSources,
  plan: InstallPlan,
): JobRequestOf<'upgrade'>['install'] {
  return {
    openclaw_version: plan.openclawVersion,
    node_version: plan.nodeVersion,
    node_source: plan.nodeSource,
    bun_version: INSTALLERS.bun,
    npm_version: INSTALLERS.npm,
    overrides: installOverrides(plan.openclawVersion),
    sums: { ...(sources.release ?? TESTED_RELEASE).sums },
    registry: sources.npmRegistry,
    node_mirror: sources.nodeMirror ?? '',
  };
}

export function installInputs(sources: ResolveSources, plan: InstallPlan): Record<string, string> {
  return {
    OPENCLAW_MCP_OPENCLAW_VERSION: plan.openclawVersion,
    OPENCLAW_MCP_OVERRIDES: JSON.stringify(installOverrides(plan.openclawVersion)),
    OPENCLAW_MCP_NODE_VERSION: plan.nodeVersion,
    OPENCLAW_MCP_NODE_SOURCE: plan.nodeSource,
    OPENCLAW_MCP_BUN_VERSION: INSTALLERS.bun,
    OPENCLAW_MCP_NPM_VERSION: INSTALLERS.npm,
    OPENCLAW_MCP_SUMS: sumLines(sources.release ?? TESTED_RELEASE),
    OPENCLAW_MCP_REGISTRY: sources.npmRegistry,
    ...(sources.nodeMirror === undefined ? {} : { OPENCLAW_MCP_NODE_MIRROR: sources.nodeMirror }),
  };
}
