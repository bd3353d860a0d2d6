/** Files that only their owner may read, and that are whole after a crash at any moment. */
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from './clock.ts';
import { isErrno, onErrno, succeeds } from './errno.ts';
import { AppError, isAppError } from './errors.ts';
import { poll } from './poll.ts';

/**
 * Creates `dir` and its parents, readable by their owner only.
 * One by one: Node's own way to make parents says of a full disk that there is no such folder.
 */
export async function privateDir(dir: string): Promise<void> {
  if (await isFolder(dir)) return;
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    if (isErrno(error, 'EEXIST') && (await isFolder(dir))) return;
    if (!isErrno(error, 'ENOENT') || dirname(dir) === dir) throw error;
    await privateDir(dirname(dir));
    await privateDir(dir);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(onErrno(undefined, 'ENOENT')))?.isDirectory() ?? false;
}

/** Replaces `path` with `content`, mode 0600: after a crash it holds the old content or the new, never a part. */
export async function writePrivate(path: string, content: string): Promise<void> {
  await privateDir(dirname(path));
  const draft = uniqueBeside(path);
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

/** The file's text, or undefined when there is no such file. A pipe in its place is none: it would be waited for without end. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFIFO() ? undefined : await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether there is such a file and this process may run it. */
export function isExecutable(path: string): boolean {
  return succeeds(() => accessSync(path, constants.X_OK));
}

// A holder does a few file operations.
const LOCK_WAIT_MS = 5_000;
// Its process id may be somebody else's by now, after a restart of the computer; no holder needs a minute.
const LOCK_OLD_MS = 60_000;
const LOCK_UNNAMED_MS = 2_000;
// In a container every server has the same process id: this tells whether a lock is of this one's life.
const LIFE = randomBytes(8).toString('hex');

/**
 * Runs `work` while no other process runs work under the same lock file.
 * A lock whose holder no longer lives, or that is older than a minute, is taken over.
 * @throws AppError `unavailable` when a living holder keeps it for 5 s.
 */
export async function withFileLock<T>(clock: Clock, path: string, work: () => Promise<T>): Promise<T> {
  await privateDir(dirname(path));
  await lock(clock, path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function lock(clock: Clock, path: string): Promise<void> {
  const wait = { clock, what: 'the state folder', intervalMs: 5, maxIntervalMs: 50, timeoutMs: LOCK_WAIT_MS };
  try {
    await poll(wait, async () => {
      if (await tryLock(path)) return { done: true };
      return (await dropDeadLock(clock, path)) ? { pauseMs: 0 } : {};
    });
  } catch (cause) {
    if (!isAppError(cause, 'timeout')) throw cause;
    throw new AppError('unavailable', 'Another process is holding the state folder', {
      next: 'Try again in a few seconds; if it stays so, end other openclaw-dedalus-mcp processes.',
      cause,
    });
  }
}

/** Only one process can create the file. Hard links could do it at once with its content, but many disks have none. */
async function tryLock(path: string, holder = `${process.pid} ${LIFE}`): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await file.writeFile(holder);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Moves a dead holder's lock away; when two do so at once, the one that moved a living lock puts it back. */
async function dropDeadLock(clock: Clock, path: string): Promise<boolean> {
  const held = await isHeld(clock, path);
  // Given back meanwhile: what lies there the next moment is another one's.
  if (held === undefined) return true;
  if (held) return false;
  const aside = uniqueBeside(path);
  try {
    await rename(path, aside);
    if (await isHeld(clock, aside)) await tryLock(path, await readFile(aside, 'utf8'));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  return true;
}

/** Undefined where there is no lock. */
async function isHeld(clock: Clock, path: string): Promise<boolean | undefined> {
  const holder = await readIfThere(path);
  if (holder === undefined) return undefined;
  const age = Math.abs(clock.now() - (await lastChange(path)));
  // Its holder has not written its name yet; or died before it could.
  if (holder === '') return age < LOCK_UNNAMED_MS;
  const [pid, life] = holder.split(' ');
  if (Number(pid) === process.pid) return life === LIFE;
  return processLives(Number(pid)) && age < LOCK_OLD_MS;
}

/** Milliseconds since the epoch; 0 when there is no such file. */
export async function lastChange(path: string): Promise<number> {
  return (await stat(path).catch(onErrno(undefined, 'ENOENT')))?.mtimeMs ?? 0;
}

/**
 * Moves `from` to `path`, unless something is there.
 * @throws the system's EEXIST then; an empty file counts as nothing, since a crash in here leaves one.
 */
export async function renameToNew(from: string, path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || (await lstat(path)).size > 0) throw error;
  }
  await rename(from, path);
}

function uniqueBeside(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

const DRAFT = /\.[0-9a-f]{12}\.tmp$/;
// Whoever writes one needs it for milliseconds.
const DRAFT_OLD_MS = 3_600_000;

/** Removes what processes that died while they wrote have left in `dir`. Never fails: it is only tidiness. */
export async function tidyDrafts(clock: Clock, dir: string): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  for (const name of names.filter((one) => DRAFT.test(one))) {
    const age = Math.abs(clock.now() - (await lastChange(join(dir, name)).catch(() => clock.now())));
    if (age > DRAFT_OLD_MS) await rm(join(dir, name), { force: true }).catch(() => {});
  }
}

/** Whether a process with this id exists (a zombie counts as existing). */
export function processLives(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
