/** Files that only their owner may read, and that are whole after a crash at any moment. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';
import { poll } from './poll.ts';

/** Creates `dir` and its parents, readable by their owner only. */
export async function privateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
}

/** Replaces `path` with `content`, mode 0600: after a crash it holds the old content or the new, never a part. */
export async function writePrivate(path: string, content: string): Promise<void> {
  await privateDir(dirname(path));
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The file's text, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether `error` is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

// A holder does a few file operations; one that lives longer is dead or was stopped, and its lock is taken over.
const LOCK_WAIT_MS = 5_000;

/**
 * Runs `work` while no other process runs work under the same lock file.
 * A lock whose holder no longer lives is taken over.
 * @throws AppError `unavailable` when a living holder keeps it for 5 s.
 */
export async function withFileLock<T>(clock: Clock, path: string, work: () => Promise<T>): Promise<T> {
  await privateDir(dirname(path));
  await poll(
    { clock, what: 'the state folder', intervalMs: 5, maxIntervalMs: 50, timeoutMs: LOCK_WAIT_MS },
    async () => {
      if (await tryLock(path)) return { done: true };
      if (await holderIsDead(path)) await rm(path, { force: true });
      return {};
    },
  ).catch((cause) => {
    throw new AppError('unavailable', 'Another process is holding the state folder', {
      next: 'Try again in a few seconds; if it stays so, end other openclaw-dedalus-mcp processes.',
      cause,
    });
  });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function holderIsDead(path: string): Promise<boolean> {
  const pid = Number(await readIfThere(path));
  // Empty: its holder is between creating and writing it.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return !processLives(pid);
}

/** Whether a process with this id exists (a zombie counts as existing). */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
