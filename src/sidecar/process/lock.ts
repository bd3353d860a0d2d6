/**
 * That only one does a thing: `NAME.lock` in our folder, held by the kernel (flock) where that can be had, else by a link
 * that names its holder. The scripts of earlier versions use such files in the same way.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { mcpDir, type Place } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { identityOf, PROC } from './identity.ts';

/**
 * `gateway`: starts and ends it; scripts of earlier versions have one of their own for that · `change`: the state ·
 * `install` · `configure`: settings and secrets · `sidecar`: supervises · `sidecar-start`: starts who does.
 */
export type LockName =
  | 'gateway'
  | 'gateway-of-scripts'
  | 'change'
  | 'install'
  | 'configure'
  | 'sidecar'
  | 'sidecar-start'
  | `jobs/${string}/start`;

/** Of earlier versions: who has theirs can be sure that no script of them starts or ends a gateway. */
const FILES: Partial<Record<LockName, string>> = {
  gateway: 'gateway-process',
  'gateway-of-scripts': 'gateway',
};

/** Gives the lock back; a process that ends in any way gives back all of its own. */
export type Unlock = () => void;

/** Of flock: somebody else holds it. */
const HELD_BY_ANOTHER = 1;
const LOOK_MS = 100;
/** Links that this process holds: one that names it and is not here was left by a former life under the same identity. */
const ownLinks = new Set<string>();

/**
 * Two holders of one process exclude each other too, so whoever holds a lock calls nothing that takes it again.
 * @throws SidecarError `locked` where somebody has held it for `seconds`.
 */
export async function withLock<T>(
  place: Place,
  name: LockName,
  seconds: number,
  work: () => Promise<T> | T,
): Promise<T> {
  const unlock = await lock(place, name, seconds);
  try {
    return await work();
  } finally {
    unlock();
  }
}

/** @throws SidecarError `locked` where somebody has held it for `seconds`. */
export async function lock(place: Place, name: LockName, seconds: number, proc = PROC): Promise<Unlock> {
  mkdirSync(mcpDir(place), { recursive: true, mode: 0o700 });
  const path = join(mcpDir(place), `${FILES[name] ?? name}.lock`);
  return (await kernelLock(path, seconds)) ?? (await linkLock(path, seconds, proc));
}

/**
 * The lock belongs to the open file, which this process keeps after the helper that took it has ended; no child gets it,
 * since Node closes its files in them. Undefined where the machine has no flock.
 */
async function kernelLock(path: string, seconds: number): Promise<Unlock | undefined> {
  const file = openSync(path, 'a', 0o600);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const helper = spawn('flock', ['-w', String(seconds), '3'], {
        stdio: ['ignore', 'ignore', 'ignore', file],
      });
      helper.on('error', reject);
      helper.on('exit', resolve);
    });
    if (code === 0) return () => closeSync(file);
    throw new SidecarError(code === HELD_BY_ANOTHER ? 'locked' : 'lock_failed');
  } catch (error) {
    closeSync(file);
    if (!isErrno(error, 'ENOENT')) throw error;
    return undefined;
  }
}

async function linkLock(path: string, seconds: number, proc: string): Promise<Unlock> {
  const self = (await identityOf(process.pid, proc)) ?? `${process.pid} - -`;
  const begun = systemClock.elapsed();
  for (;;) {
    if (takeLink(path, self)) {
      ownLinks.add(path);
      return () => {
        ownLinks.delete(path);
        rmSync(path, { force: true });
      };
    }
    if (await isStale(path, self, proc)) dropStale(path, self);
    else if (systemClock.elapsed() - begun >= seconds * 1000) throw new SidecarError('locked');
    else await systemClock.sleep(LOOK_MS);
  }
}

/** A link appears whole, with its holder as the target; an empty file of a machine that had flock is nobody's. */
function takeLink(path: string, self: string): boolean {
  try {
    symlinkSync(self, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function isStale(path: string, self: string, proc: string): Promise<boolean> {
  const owner = ownerOf(path);
  if (owner === undefined) return false;
  if (owner === self) return !ownLinks.has(path);
  return (await identityOf(Number.parseInt(owner, 10), proc)) !== owner;
}

/** Moved aside first: of two that break a dead holder's lock, the slower may have moved a living one, and puts it back. */
function dropStale(path: string, self: string): void {
  const seen = ownerOf(path);
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = ownerOf(aside);
  if (moved !== undefined && moved !== seen && moved !== self) takeLink(path, moved);
  rmSync(aside, { force: true });
}

/** Undefined where there is no link; empty for a file, which names nobody. */
function ownerOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    return isErrno(error, 'EINVAL') ? '' : undefined;
  }
}
