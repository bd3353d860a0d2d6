/** Puts the wanted Node and OpenClaw beside those that are in use, where they are not there wholly. */
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type * as z from 'zod/mini';
import { FULL_DISK } from '../gateway/full-disk.ts';
import type { Job } from '../jobs/job.ts';
import { mcpDir, type Place } from '../place.ts';
import { withLock } from '../process/lock.ts';
import { readText } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { dropTrees } from '../upgrade/copy-tree.ts';
import { broughtBun, installByBun, installByNpm, keepApp } from './app.ts';
import { registryOf, requireSecure, type Sources } from './download.ts';
import { fetchNode } from './node.ts';
import type { installSchema } from './protocol.ts';
import { nodeIsWhole, type Trees, treesOf } from './trees.ts';

export type InstallWish = z.infer<typeof installSchema>;

const LOCK_SECONDS = 600;
const NEEDED_BYTES = 1024 ** 3;
const MAX_TOLD = 6_000;

/**
 * @param isWhole whether the tree of OpenClaw needs nothing. @param then with the lock still held.
 * @throws SidecarError `disk_full`, `node_unavailable`, `openclaw_install_failed`, `wrong_checksum`, `insecure_source`.
 */
export async function installed<T>(
  job: Job,
  wish: InstallWish,
  isWhole: (tree: string) => boolean,
  then: () => Promise<T> | T,
): Promise<T> {
  return withLock(job.place, 'install', LOCK_SECONDS, async () => {
    await installTrees(job, wish, isWhole);
    return then();
  });
}

async function installTrees(
  { place, stage }: Job,
  wish: InstallWish,
  isWhole: (tree: string) => boolean,
): Promise<void> {
  const trees = treesOf(place, wish);
  stage('node');
  const missing = {
    node: !(await nodeIsWhole(trees.node, wish.node_version)),
    app: !isWhole(trees.app),
  };
  if (!missing.node && !missing.app) return stage('openclaw');
  const sources = sourcesOf(place, wish);
  const brought = broughtBun(place, wish.bun_version);
  dropHalfInstalled(place, brought);
  const work = join(mcpDir(place), `installing-${process.pid}`);
  mkdirSync(work, { recursive: true, mode: 0o700 });
  writeFileSync(sources.log, '', { mode: 0o600 });
  try {
    const { bavail, bsize } = statfsSync(place.home);
    if (bavail * bsize < NEEDED_BYTES) throw new SidecarError('disk_full');
    await installParts(sources, wish, trees, missing, work, stage);
  } finally {
    dropTrees(work, brought);
  }
}

/** What killed runs left. Each run has a folder of its own, since the installer of one that was killed may still write. */
function dropHalfInstalled(place: Place, kept: string): void {
  const left = readdirSync(mcpDir(place)).filter((name) =>
    /^(?:installing(?:-\d+)?|mending(?:-bun)?|bun-.*)$/.test(name),
  );
  dropTrees(...left.map((name) => join(mcpDir(place), name)).filter((path) => path !== kept));
}

async function installParts(
  sources: Sources,
  wish: InstallWish,
  trees: Trees,
  missing: { node: boolean; app: boolean },
  work: string,
  stage: Job['stage'],
): Promise<void> {
  const app = { version: wish.openclaw_version, overrides: wish.overrides, node: trees.node, work };
  // The fast installer needs no Node, so both come at once.
  const fast = missing.app ? succeeds(() => installByBun(sources, app, wish.bun_version)) : undefined;
  if (missing.node) {
    const fetching = { work, tree: trees.node };
    if (!(await succeeds(() => fetchNode(sources, wish.node_version, wish.node_source, fetching)))) {
      // It would go on writing into a folder that is to be removed.
      await fast;
      throw failure(sources, 'node_unavailable');
    }
  }
  stage('openclaw');
  if (fast === undefined) return;
  const keep = () => keepApp(sources, app, trees.app);
  if ((await fast) && (await succeeds(keep))) return;
  const byNpm = () => installByNpm(sources, app, wish.npm_version);
  if ((await succeeds(byNpm)) && (await succeeds(keep))) return;
  throw failure(sources, 'openclaw_install_failed');
}

async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return false;
  }
}

/** A full disk has many names, and none of the installers' exit codes tells it. */
function failure({ log }: Sources, otherwise: string): SidecarError {
  const said = readText(log);
  const code =
    FULL_DISK.test(said) || /nospc/i.test(said)
      ? 'disk_full'
      : said.includes('wrong checksum')
        ? 'wrong_checksum'
        : otherwise;
  return new SidecarError(code, said.slice(-MAX_TOLD));
}

function sourcesOf(place: Place, wish: InstallWish): Sources {
  if (wish.node_mirror !== '') requireSecure(wish.node_mirror);
  return {
    place,
    registry: registryOf(wish.registry),
    nodeMirror: wish.node_mirror === '' ? undefined : wish.node_mirror.replace(/\/$/, ''),
    sums: wish.sums,
    log: join(mcpDir(place), 'install.log'),
  };
}
