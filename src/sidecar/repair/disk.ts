/** Makes room: caches, what killed installations left, versions that nobody uses, old jobs and long logs. No state. */
import { readlinkSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ageMs, systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { gatewayPidFile } from '../gateway/files.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { namesIn, readUpTo } from '../read-text.ts';
import { dropTrees } from '../upgrade/copy-tree.ts';

const CACHES = [
  '.npm/_cacache',
  '.npm/_logs',
  '.npm-cache',
  '.bun/install/cache',
  '.cache/npm',
  '.cache/node-gyp',
  '.compile-cache',
  '.tmp/node-compile-cache',
  '.openclaw/logs/support',
];
/** A turn or an operation that has ended is read within minutes. */
const OLD_JOB_MS = 24 * 60 * 60_000;
const OLD_REQUEST_MS = 60 * 60_000;
const MIB = 1024 * 1024;
const LONG_LOG = 5 * MIB;
const KEPT_OF_LOG = MIB;

/** Copies of plugins that OpenClaw 2026.9.5 leaves behind, up to some gigabytes each. */
const LEFT_BEHIND = /\/openclaw-(?:plugin-build|model-catalog)-/;
/** Of a machine that is nothing else; see src/bootstrap. */
const OWN_HOME = '/home/machine';

/** @returns how many MiB it made; undefined for none. */
export function mendDisk(place: Place): string | undefined {
  const before = statfsSync(place.home);
  const own = mcpDir(place);
  dropTrees(...CACHES.map((name) => join(place.home, name)));
  const names = namesIn(own);
  const installing = names.filter((name) => /^installing(?:-\d+)?$/.test(name));
  const compiled = names.filter((name) => name.startsWith('app-')).map((name) => `${name}/compiled`);
  dropTrees(...[...installing, ...compiled].map((name) => join(own, name)));
  forgetTrees(own, names);
  dropTrees(...oldJobs(join(own, 'jobs')), ...leftBehind(place));
  const requests = names.filter((name) => name.startsWith('request.')).map((name) => join(own, name));
  dropTrees(...requests.filter((path) => isOlder(path, OLD_REQUEST_MS)));
  for (const log of [...logsOf(place), join(own, 'install.log')]) trim(log);
  const { bavail, bsize } = statfsSync(place.home);
  const made = Math.floor(((bavail - before.bavail) * bsize) / MIB);
  return made > 0 ? String(made) : undefined;
}

/** Versions that no link names: neither the one in use nor one kept to go back to. */
function forgetTrees(own: string, names: readonly string[]): void {
  const linked = names.flatMap((name) => {
    return attempt(() => basename(readlinkSync(join(own, name))), []);
  });
  const trees = names.filter((name) => /^(?:app|node)-/.test(name) && !linked.includes(name));
  dropTrees(...trees.map((name) => join(own, name)));
}

/** The gateway that runs, and a command of now, work with younger ones. In the home of a person others have theirs in /tmp. */
function leftBehind(place: Place): string[] {
  const started = statSync(gatewayPidFile(place), { throwIfNoEntry: false })?.mtime;
  return [join(stateDir(place), 'tmp'), place.home === OWN_HOME ? '/tmp' : '']
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    .filter((path) => LEFT_BEHIND.test(path) && isOlder(path, OLD_REQUEST_MS))
    .filter((path) => started === undefined || statSync(path).mtime < started);
}

const oldJobs = (jobs: string) =>
  namesIn(jobs)
    .map((name) => join(jobs, name))
    .filter((folder) => isOlder(join(folder, 'exit'), OLD_JOB_MS));

function isOlder(path: string, ms: number): boolean {
  const seen = statSync(path, { throwIfNoEntry: false });
  return seen !== undefined && ageMs(seen.mtime.toISOString(), systemClock.now()) > ms;
}

const logsOf = (place: Place) =>
  namesIn(join(stateDir(place), 'logs')).map((name) => join(stateDir(place), 'logs', name));

/** In place, since its writer holds it open; the newest megabyte stays. */
function trim(log: string): void {
  const seen = statSync(log, { throwIfNoEntry: false });
  if (!seen?.isFile() || seen.size <= LONG_LOG) return;
  // Zeros are what a writer leaves that goes on where it stood.
  writeFileSync(log, (readUpTo(log, KEPT_OF_LOG, 'end') ?? '').replaceAll('\0', ''));
}
