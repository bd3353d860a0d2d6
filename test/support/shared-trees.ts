/**
 * The real OpenClaw is installed from the registry once per test run and version: further machines get the files of that
 * installation as hard links before they are deployed onto, each in a home of its own.
 */
import { existsSync } from 'node:fs';
import { lchown, link, lstat, mkdir, open, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { isErrno } from '../../src/core/errno.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder for what the test files of this run share. */
    sharedTrees: string;
  }
}

/** Below a machine's home; the link names the Node that the machine's program starts with. */
const OWN = '.openclaw-mcp';
const TREE = /^(?:node|node-[\d.]+|app-[\d.]+)$/;

/**
 * Runs `deploy` on a machine: with the trees of `version` in `home` when this run has them, otherwise with nothing there,
 * and then keeps the trees for the next one. Two that want the same version at once do not both install it.
 */
export async function withTrees<T>(version: string, home: string, deploy: () => Promise<T>): Promise<T> {
  const kept = join(inject('sharedTrees'), version);
  while (!existsSync(kept)) {
    if (!(await taken(`${kept}.lock`))) {
      await systemClock.sleep(200);
      continue;
    }
    try {
      const deployed = await deploy();
      await keepTrees(version, home);
      return deployed;
    } finally {
      await rm(`${kept}.lock`);
    }
  }
  await linkTree(kept, join(home, OWN), () => true, await ownerOf(home));
  return deploy();
}

/** Keeps what lies in `home`, finished by OpenClaw's own first run, unless this run has it already. */
export async function keepTrees(version: string, home: string): Promise<void> {
  const kept = join(inject('sharedTrees'), version);
  if (existsSync(kept)) return;
  const half = `${kept}.${process.pid}`;
  await linkTree(join(home, OWN), half, (name) => TREE.test(name), await ownerOf(home));
  await rename(half, kept).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

type Owner = { uid: number; gid: number };

async function ownerOf(path: string): Promise<Owner> {
  const { uid, gid } = await lstat(path);
  return { uid, gid };
}

/** What is a file becomes another name of it; folders and links are made anew. */
async function linkTree(from: string, to: string, wanted: (name: string) => boolean, owner: Owner) {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await lchown(to, owner.uid, owner.gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!wanted(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target, () => true, owner);
    else if (!entry.isSymbolicLink()) await link(source, target);
    else {
      await symlink(await readlink(source), target);
      await lchown(target, owner.uid, owner.gid);
    }
  }
}
