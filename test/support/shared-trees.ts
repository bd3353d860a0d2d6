/**
 * The real OpenClaw is installed from the registry once per test run and version: further machines get the files of that
 * installation as hard links before they are deployed onto, each in a home of its own.
 */
import {
  closeSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
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
  const kept = keptFor(version);
  while (!existsSync(kept)) {
    if (!taken(`${kept}.lock`)) {
      await systemClock.sleep(200);
      continue;
    }
    try {
      const deployed = await deploy();
      keepTrees(version, home);
      return deployed;
    } finally {
      rmSync(`${kept}.lock`);
    }
  }
  linkTree(kept, join(home, OWN), () => true, ownerOf(home));
  return deploy();
}

/** Keeps what lies in `home`, finished by OpenClaw's own first run, unless this run has it already. */
export function keepTrees(version: string, home: string): void {
  const kept = keptFor(version);
  if (existsSync(kept)) return;
  const half = `${kept}.${process.pid}`;
  linkTree(join(home, OWN), half, (name) => TREE.test(name), ownerOf(home));
  try {
    renameSync(half, kept);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

const keptFor = (version: string) => join(inject('sharedTrees'), version);

function taken(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

type Owner = { uid: number; gid: number };

function ownerOf(path: string): Owner {
  const { uid, gid } = lstatSync(path);
  return { uid, gid };
}

/**
 * What is a file becomes another name of it; folders and links are made anew. Synchronous, since 44,000 tiny calls through
 * the thread pool take minutes on a busy computer.
 */
function linkTree(from: string, to: string, wanted: (name: string) => boolean, owner: Owner): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  lchownSync(to, owner.uid, owner.gid);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!wanted(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target, () => true, owner);
    else if (!entry.isSymbolicLink()) linkSync(source, target);
    else {
      symlinkSync(readlinkSync(source), target);
      lchownSync(target, owner.uid, owner.gid);
    }
  }
}
