/** Which OpenClaw is the newest that there is: asked of the registry rarely, shortly, and only to be told. */
import semver from 'semver';
import * as z from 'zod';
import { withDeadline } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { isUntested, type TestedRelease } from './tested-release.ts';

/** The newest version, or undefined where the registry does not tell. Never throws, and takes three seconds at most. */
export type NewestRelease = () => Promise<string | undefined>;

const ANSWER_MS = 3_000;
const KEPT_MS = 6 * 3_600_000;
/** A registry that did not answer is not asked at every look. */
const KEPT_FAILURE_MS = 15 * 60_000;

const answer = z.object({ version: z.string().regex(/^\d{4}\.\d{1,3}\.\d{1,3}(?:-\d{1,3})?$/) });

/** @param ask must cap what it reads. */
export function newestRelease(ask: typeof fetch, npmRegistry: string, clock: Clock): NewestRelease {
  let known: { version: string | undefined; until: number } | undefined;
  let asking: Promise<string | undefined> | undefined;
  const question = async () => {
    const version = await askedOnce(ask, `${npmRegistry.replace(/\/+$/, '')}/openclaw/latest`, clock);
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

async function askedOnce(ask: typeof fetch, url: string, clock: Clock): Promise<string | undefined> {
  try {
    return await withDeadline(
      clock,
      ANSWER_MS,
      'the question for the newest release',
      undefined,
      async (signal) => {
        const response = await ask(url, {
          signal,
          redirect: 'error',
          headers: { accept: 'application/json' },
        });
        return response.ok ? answer.parse(await response.json()).version : undefined;
      },
    );
  } catch {
    return undefined;
  }
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
