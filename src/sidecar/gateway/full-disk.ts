/** A gateway that saw a write fail for want of room answers no chat until it is started again, while it says that it is well. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';
import type { Place } from '../place.ts';
import { gatewayOutput } from './files.ts';
import { hasRoom } from './memory.ts';
import { runningTurns } from './running-turns.ts';

/** What programs say of a disk without room. */
export const FULL_DISK = /disk is full|ENOSPC|no space left/i;
/** Of one look; a gateway prints some lines an hour. */
const MOST_BYTES = 1024 * 1024;
/** Longer than what is looked for. */
const OVERLAP = 20;

let seen = { inode: -1, read: 0, full: false };

/** Whether the running one has, and a new start helps and disturbs nobody: there is room again, and no turn runs. */
export async function needsFreshStart(place: Place): Promise<boolean> {
  return sawFullDisk(gatewayOutput(place)) && hasRoom(place) && (await runningTurns(place)).length === 0;
}

/** Its output is of this start. Asked every few seconds: reads only what is new. */
function sawFullDisk(output: string): boolean {
  const file = attempt(() => openSync(output, 'r'), undefined);
  if (file === undefined) return false;
  try {
    const { ino: inode, size } = fstatSync(file);
    if (inode !== seen.inode || size < seen.read) seen = { inode, read: 0, full: false };
    if (!seen.full && size > seen.read)
      seen.full = FULL_DISK.test(textFrom(file, Math.max(0, seen.read - OVERLAP), size));
    seen.read = size;
    return seen.full;
  } finally {
    closeSync(file);
  }
}

function textFrom(file: number, from: number, end: number): string {
  const piece = Buffer.alloc(Math.min(end - from, MOST_BYTES));
  return piece.toString('latin1', 0, readSync(file, piece, 0, piece.length, end - piece.length));
}
