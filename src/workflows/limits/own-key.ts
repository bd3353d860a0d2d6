/** A key of this computer's own, made once: what it signs or seals, only processes of this user can check or open. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { onErrno } from '../../core/errno.ts';
import { readIfThere, withFileLock, writePrivate } from '../../core/files.ts';
import { inStateFolder } from '../../core/state-folder.ts';

const KEY = /^[0-9a-f]{64}\n$/;

/**
 * 32 bytes, kept in `file`, 0600. A key that others could read proves nothing and is replaced.
 * @throws AppError as `inStateFolder`.
 */
export function computerKey(file: string, clock: Clock): Promise<Uint8Array> {
  return inStateFolder(dirname(file), async () => {
    // A key that is there is read without a lock: a full disk has no room for one.
    return (await readKey(file)) ?? withFileLock(clock, `${file}.lock`, () => made(file));
  });
}

async function made(file: string): Promise<Uint8Array> {
  const kept = await readKey(file);
  if (kept !== undefined) return kept;
  const fresh = randomBytes(32);
  await writePrivate(file, `${fresh.toString('hex')}\n`);
  return fresh;
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
  const kept = (await isPrivate(file)) ? await readIfThere(file) : undefined;
  return kept !== undefined && KEY.test(kept) ? Buffer.from(kept.trim(), 'hex') : undefined;
}

async function isPrivate(file: string): Promise<boolean> {
  const seen = await stat(file).catch(onErrno(undefined, 'ENOENT'));
  // Windows has no such bits; its profile folder is its owner's alone.
  return seen !== undefined && (process.platform === 'win32' || (seen.mode & 0o077) === 0);
}
