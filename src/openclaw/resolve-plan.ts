/** Decides what to install: the tested release without asking anybody, another from what the machine could reach. */
import semver from 'semver';
import * as z from 'zod';
import { AppError, isAppError } from '../core/errors.ts';
import { isToldPath, toldVersion } from '../core/text.ts';
import type { JobRequestOf, ReplyOf, RequestOf } from '../sidecar/protocol.ts';
import { unknownRelease } from './catalog/newest-release.ts';
import { MINIMUM_SAFE_VERSION } from './catalog/settings.ts';
import { isUntested, TESTED_RELEASE, type TestedRelease } from './catalog/tested-release.ts';
import {
  checkWanted,
  chooseNode,
  INSTALLERS,
  installOverrides,
  parseNodeReleases,
} from './catalog/versions.ts';
import type { InstallPlan, Probe } from './ports.ts';
import type { AskOptions } from './sidecar/ask-sidecar.ts';

export interface ResolveSources {
  /** Base URL of the npm registry for machines that name none of their own. */
  npmRegistry: string;
  /** Base URL of a copy of Node's distribution; the official one when undefined. */
  nodeMirror?: string | undefined;
  /** What is installed unless another is asked for. */
  release?: TestedRelease | undefined;
}

/** Two sources in parallel, each with its own time limit of 40 s and retries. */
const RESOLVE_MS = 120_000;

const output = z.object({
  home: z.string().refine(isToldPath),
  arch: z.string().regex(/^[A-Za-z0-9_]{1,20}$/),
  port: z.number().int().min(1).max(65_535),
  openclaw_version: z.string().refine((version) => toldVersion(version) === version),
  node_source: z.enum(['official', 'registry']),
});

/**
 * A plan that no registry has to be asked for: the tested release, or what the machine has already.
 * @param seen of the machine that it is for.
 */
export function knownPlan(
  sources: ResolveSources,
  wanted: string | undefined,
  seen: Probe,
): InstallPlan | undefined {
  const release = sources.release ?? TESTED_RELEASE;
  const { home, arch, port } = seen;
  const plan = (openclawVersion: string, nodeVersion: string): InstallPlan => ({
    openclawVersion,
    nodeVersion,
    // The very archive that the tests install; where there is none, Node's own is next.
    nodeSource: sources.nodeMirror === undefined ? 'registry' : 'official',
    arch,
    home,
    port,
    warnings: warningsOf(openclawVersion, release),
  });
  if (wanted === undefined || wanted === release.openclaw) return plan(release.openclaw, release.node);
  const { openclaw_version: openclawVersion, node_version: nodeVersion } = seen;
  if (wanted !== openclawVersion || semver.valid(wanted) === null) return undefined;
  return nodeVersion !== undefined && semver.valid(nodeVersion) !== null
    ? plan(wanted, nodeVersion)
    : undefined;
}

function warningsOf(openclawVersion: string, release: TestedRelease): string[] {
  if (semver.lt(openclawVersion, MINIMUM_SAFE_VERSION)) {
    return [
      `OpenClaw ${openclawVersion} has published security holes; ${MINIMUM_SAFE_VERSION} is the first without them.`,
    ];
  }
  return isUntested(openclawVersion, release)
    ? [`OpenClaw ${openclawVersion} is newer than ${release.openclaw}, up to which this server was tested.`]
    : [];
}

/** @throws AppError `invalid_input` naming versions that exist, when there is no such OpenClaw. */
export async function resolvePlan(
  sources: ResolveSources,
  wanted: string,
  ask: (request: RequestOf<'resolve'>, options: AskOptions) => Promise<ReplyOf<'resolve'>>,
): Promise<InstallPlan> {
  const request = {
    wanted: checkWanted(wanted),
    registry: sources.npmRegistry,
    node_mirror: sources.nodeMirror ?? '',
  };
  // Only a machine with a Node can say: one that has none yet gets it.
  const how = { timeoutMs: RESOLVE_MS, rerunnable: true, cold: { OPENCLAW_MCP_WITHOUT_NODE: 'fetch' } };
  const found = await ask(request, how).catch((error: unknown) => Promise.reject(explained(error)));
  const read = output.safeParse(found);
  if (!read.success) {
    throw new AppError('command_failed', 'The npm registry answered something that is not a package', {
      next: 'Check the registry that the machine uses, then repeat the call.',
    });
  }
  const openclawVersion = read.data.openclaw_version;
  const range = semver.validRange(found.engines) === null ? undefined : found.engines || undefined;
  return {
    openclawVersion,
    nodeVersion: chooseNode(range, parseNodeReleases(found.node_versions.join('\n'))),
    nodeSource: read.data.node_source,
    arch: read.data.arch,
    home: read.data.home,
    port: read.data.port,
    warnings: warningsOf(openclawVersion, sources.release ?? TESTED_RELEASE),
  };
}

/** The unknown version's error comes with the names that exist, of which some are worth showing. */
function explained(error: unknown): unknown {
  if (!isAppError(error) || error.details.script_error !== 'unknown_version') return error;
  return unknownRelease((error.foreign ?? '').split('\n'));
}

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
