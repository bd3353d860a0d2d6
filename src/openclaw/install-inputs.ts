/** What the installing part of a job must be told, whoever installs. */
import type { JobRequestOf } from '../sidecar/protocol.ts';
import { TESTED_RELEASE } from './catalog/tested-release.ts';
import { INSTALLERS, installOverrides } from './catalog/versions.ts';
import type { InstallPlan } from './ports.ts';
import type { ResolveSources } from './resolve-plan.ts';

export function installRequest(
  sources: ResolveSources,
  plan: InstallPlan,
): JobRequestOf<'deploy'>['install'] {
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
