/** A key of this computer's own, made once: what it signs or seals, only processes of this user can check or open. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { isErrno, readIfThere, withFileLock, writePrivate } from '../core/files.ts';

const KEY = /^[0-9a-f]{64}\n$/;

/** 32 bytes, kept in `file`, 0600. A key that others could read proves nothing and is replaced. */
export function keptKey(file: string, clock: Clock): Promise<Uint8Array> {
  return withFileLock(clock, `${file}.lock`, async () => {
    const kept = (await isPrivate(file)) ? await readIfThere(file) : undefined;
    if (kept !== undefined && KEY.test(kept)) return Buffer.from(kept.trim(), 'hex');
    const fresh = randomBytes(32);
    await writePrivate(file, `${fresh.toString('hex')}\n`);
    return fresh;
  });
}

async function isPrivate(file: string): Promise<boolean> {
  try {
    const { mode } = await stat(file);
    // Windows has no such bits; its profile folder is its owner's alone.
    return process.platform === 'win32' || (mode & 0o077) === 0;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
