/** Which OpenClaw releases there are: asked of the registry rarely and shortly, and never needed for an answer. */
import semver from 'semver';
import * as z from 'zod';
import { withDeadline } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { toldVersion } from '../../core/text.ts';
import { isUntested, type TestedRelease } from './tested-release.ts';
import { checkWanted } from './versions.ts';

/** The newest version, or undefined where the registry does not tell. Never throws, and takes three seconds at most. */
export type NewestRelease = () => Promise<string | undefined>;

const ANSWER_MS = 3_000;
const KEPT_MS = 6 * 3_600_000;
/** A registry that did not answer is not asked at every look. */
const KEPT_FAILURE_MS = 15 * 60_000;

/** As many as a person can choose from. */
const NAMED_VERSIONS = 8;

const newestAnswer = z.object({ version: z.string().regex(/^\d{4}\.\d{1,3}\.\d{1,3}(?:-\d{1,3})?$/) });
const allAnswer = z.object({
  versions: z.record(z.string(), z.unknown()),
  'dist-tags': z.record(z.string(), z.string()).default({}),
});

/** Takes `wanted` where the registry does not tell. @throws AppError `invalid_input` where it says that there is none. */
export type RequireRelease = (wanted: string) => Promise<void>;

/** @param ask must cap what it reads. */
export function requireRelease(ask: typeof fetch, npmRegistry: string, clock: Clock): RequireRelease {
  return async (wanted) => {
    const name = checkWanted(wanted);
    // The short form: without it the answer is ten times as large.
    const url = `${npmRegistry.replace(/\/+$/, '')}/openclaw`;
    const all = await askedOnce(ask, url, 'application/vnd.npm.install-v1+json', allAnswer, clock);
    if (all === undefined || Object.hasOwn(all.versions, name) || Object.hasOwn(all['dist-tags'], name))
      return;
    throw unknownRelease(Object.keys(all.versions));
  };
}

/** @param existing names of a stranger's, of which only versions are shown. */
export function unknownRelease(existing: readonly string[]): AppError {
  const shown = semver.rsort(existing.filter((name) => toldVersion(name) === name)).slice(0, NAMED_VERSIONS);
  return new AppError('invalid_input', 'There is no such OpenClaw version in the npm registry', {
    next:
      shown.length === 0
        ? 'Pass another openclaw_version, or leave it out for the tested one.'
        : `Pass one that exists, such as ${shown.join(', ')}, or leave openclaw_version out for the tested one.`,
  });
}

/** @param ask must cap what it reads. */
export function newestRelease(ask: typeof fetch, npmRegistry: string, clock: Clock): NewestRelease {
  let known: { version: string | undefined; until: number } | undefined;
  let asking: Promise<string | undefined> | undefined;
  const question = async () => {
    const url = `${npmRegistry.replace(/\/+$/, '')}/openclaw/latest`;
    const version = (await askedOnce(ask, url, 'application/json', newestAnswer, clock))?.version;
    known = { version, until: clock.elapsed() + (version === undefined ? KEPT_FAILURE_MS : KEPT_MS) };
    asking = undefined;
    return version;
  };
  return async () => {
    if (known && clock.elapsed() < known.until) return known.version;
    asking ??= question();
    return asking;
  };
}

/** What was asked for, or undefined for whatever reason. */
async function askedOnce<T>(
  ask: typeof fetch,
  url: string,
  accept: string,
  form: z.ZodType<T>,
  clock: Clock,
): Promise<T | undefined> {
  const question = async (signal: AbortSignal) => {
    const response = await ask(url, { signal, redirect: 'error', headers: { accept } });
    return response.ok ? form.parse(await response.json()) : undefined;
  };
  return withDeadline(clock, ANSWER_MS, 'the question for releases', undefined, question).catch(
    () => undefined,
  );
}

/** A sentence on a release that is newer than `installed`; undefined where there is none. */
export function newerThan(
  installed: string,
  newest: string | undefined,
  release: TestedRelease,
): string | undefined {
  if (newest === undefined || semver.valid(installed) === null || !semver.gt(newest, installed))
    return undefined;
  return isUntested(newest, release)
    ? `OpenClaw ${newest} exists; this server was tested up to ${release.openclaw}.`
    : `OpenClaw ${newest} exists; call upgrade_openclaw to get ${release.openclaw}.`;
}
