/** Decides what to install: the tested release without asking anybody, another from what the machine could reach. */
import semver from 'semver';
import * as z from 'zod';
import { AppError, isAppError } from '../core/errors.ts';
import { isToldPath, toldVersion } from '../core/told.ts';
import type { MachineCommand } from '../machine/ports.ts';
import { unknownRelease } from './catalog/newest-release.ts';
import { MINIMUM_SAFE_VERSION } from './catalog/settings.ts';
import { isUntested, TESTED_RELEASE, type TestedRelease } from './catalog/tested-release.ts';
import { checkWanted, chooseNode, parseNodeReleases } from './catalog/versions.ts';
import { machineScript } from './machine-script.ts';
import type { InstallPlan, Probe } from './ports.ts';
import type { ScriptOutput } from './script-output.ts';

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
  port: z.coerce.number().int().min(1).max(65_535),
  openclaw_version: z.string().refine((version) => toldVersion(version) === version),
  node_source: z.enum(['official', 'registry']),
});

const engines = z.object({ node: z.string().max(200) }).partial();

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
  const { openclawVersion, nodeVersion } = seen;
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
  run: (script: MachineCommand) => Promise<ScriptOutput>,
): Promise<InstallPlan> {
  const env = {
    OPENCLAW_MCP_WANTED: checkWanted(wanted),
    OPENCLAW_MCP_REGISTRY: sources.npmRegistry,
    ...(sources.nodeMirror === undefined ? {} : { OPENCLAW_MCP_NODE_MIRROR: sources.nodeMirror }),
  };
  const found = await run(machineScript('resolve', env, { timeoutMs: RESOLVE_MS, rerunnable: true })).catch(
    (error: unknown) => Promise.reject(explained(error)),
  );
  const { values, blobs } = found;
  const read = output.safeParse(values);
  if (!read.success) {
    throw new AppError('command_failed', 'The npm registry answered something that is not a package', {
      next: 'Check the registry that the machine uses, then repeat the call.',
    });
  }
  const openclawVersion = read.data.openclaw_version;
  return {
    openclawVersion,
    nodeVersion: chooseNode(nodeRange(blobs.engines), parseNodeReleases(blobs.node_versions ?? '')),
    nodeSource: read.data.node_source,
    arch: read.data.arch,
    home: read.data.home,
    port: read.data.port,
    warnings: warningsOf(openclawVersion, sources.release ?? TESTED_RELEASE),
  };
}

/** `"engines":{"node":"…"}` as the registry wrote it. */
function nodeRange(text: string | undefined): string | undefined {
  const start = text?.indexOf('{') ?? -1;
  if (text === undefined || start === -1) return undefined;
  const range = engines.safeParse(parsed(text.slice(start)));
  return range.success && semver.validRange(range.data.node ?? '') ? range.data.node : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The unknown version's error comes with the names that exist, of which some are worth showing. */
function explained(error: unknown): unknown {
  if (!isAppError(error) || error.details.script_error !== 'unknown_version') return error;
  return unknownRelease((error.foreign ?? '').split('\n'));
}
