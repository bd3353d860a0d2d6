/** Whole trees, copied with all that is in them or removed whatever is in them. */
import { execFile } from 'node:child_process';
import { renameSync } from 'node:fs';
import { removeTree } from '../backup/unpack.ts';
import { FULL_DISK } from '../gateway/full-disk.ts';
import { SidecarError } from '../sidecar-error.ts';

/**
 * Appears whole or not at all. `cp` keeps links, rights and times, and knows what the file system can share; where `from` is
 * a link itself, as of a state on another disk, what it leads to is copied (-H).
 */
export async function copyTree(from: string, to: string): Promise<void> {
  dropTrees(`${to}.new`);
  const said = await new Promise<string | undefined>((resolve) => {
    execFile('cp', ['-aH', from, `${to}.new`], (error, _stdout, stderr) =>
      resolve(error === null ? undefined : stderr || error.message),
    );
  });
  if (said !== undefined) {
    dropTrees(`${to}.new`);
    throw FULL_DISK.test(said) ? new SidecarError('no_room_for_copy') : new Error(said);
  }
  renameSync(`${to}.new`, to);
}

/** Also trees whose folders cannot be written to. Never fails: nothing that has worked becomes a failure by it. */
export function dropTrees(...paths: string[]): void {
  for (const path of paths) {
    try {
      removeTree(path);
    } catch {
      // It stays, and is met again by the next change.
    }
  }
}
