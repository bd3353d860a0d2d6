/** Which Node goes with which OpenClaw, and what old OpenClaw releases need to be installed today. */
import semver from 'semver';
import { AppError } from '../../core/errors.ts';

/**
 * Installers that are fetched from the registry. Pinned, since a newer one may change what it blocks or where it writes
 * (npm 12 and newer Bun releases did).
 */
export const INSTALLERS = { bun: '1.4.5', npm: '11.19.1' } as const;

/** Long-term support ends on a known day; this major is supported longest among those that all releases accept. */
const PREFERRED_MAJOR = 24;

/** A Node release that can be had for the machine. */
export interface NodeRelease {
  version: string;
  /** Undefined where the source does not tell. */
  lts: boolean | undefined;
}

/** Reads lines of `version lts-name`, where `false` or `-` stands for no name and an unknown one. */
export function parseNodeReleases(lines: string): NodeRelease[] {
  return lines.split('\n').flatMap((line) => {
    const [version = '', lts = '-'] = line.trim().split(' ');
    if (semver.valid(version) === null || semver.prerelease(version)) return [];
    return [{ version, lts: lts === '-' ? undefined : lts !== 'false' }];
  });
}

/**
 * The newest release of the preferred major when `engines` allows it, else of the lowest long-term major that it allows,
 * else the newest that it allows at all.
 * @param engines OpenClaw's `engines.node`; undefined when the release states none.
 * @throws AppError `unsupported` when nothing that can be had fits.
 */
export function chooseNode(engines: string | undefined, releases: readonly NodeRelease[]): string {
  const range = engines ?? '>=20';
  const fitting = releases.filter(({ version }) => semver.satisfies(version, range));
  const longTerm = fitting.filter(({ version, lts }) => lts ?? semver.major(version) % 2 === 0);
  const newest = (of: readonly NodeRelease[]) =>
    semver.maxSatisfying(
      of.map((r) => r.version),
      '*',
    );
  const ofMajor = (major: number) => newest(longTerm.filter((r) => semver.major(r.version) === major));
  const lowest = Math.min(...longTerm.map(({ version }) => semver.major(version)));
  const chosen = ofMajor(PREFERRED_MAJOR) ?? ofMajor(lowest) ?? newest(fitting);
  if (chosen !== null && chosen !== undefined) return chosen;
  throw new AppError(
    'unsupported',
    `No Node release that can be had for this machine satisfies ${plain(range)}`,
    {
      next: 'Deploy another openclaw_version, or set a registry that offers newer Node releases.',
    },
  );
}

/** npm overrides without which a release can no longer be installed, since its own dependencies were not pinned. */
export function installOverrides(openclawVersion: string): Record<string, string> {
  // Any newer linkedom needs a package that was withdrawn; later OpenClaw releases pin what they use.
  return semver.lt(semver.coerce(openclawVersion) ?? '0.0.0', '2026.7.0') ? { linkedom: '0.18.12' } : {};
}

/** A version or dist-tag as a registry takes it. @throws AppError `invalid_input`. */
export function checkWanted(wanted: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(wanted)) return wanted;
  throw new AppError('invalid_input', 'openclaw_version is neither a version nor a dist-tag', {
    next: 'Pass a version such as 2026.9.6, or leave it out for the tested one.',
  });
}

/** A range comes from a package; only its own characters may reach a message. */
const plain = (range: string) => range.replace(/[^0-9x*<>=^~|. -]/g, '').slice(0, 80);
