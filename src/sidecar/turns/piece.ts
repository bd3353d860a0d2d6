/** A part of the answer, as much as one reply carries, and never a part of a character. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { TurnFiles } from './files.ts';

/** Of one reply; as JSON it may be longer, see below. */
const MAX_BYTES = 384 * 1024;
const MAX_JSON = 480 * 1024;

export interface Piece {
  answer: string;
  next: number;
  more: boolean;
}

/** @param whole the answer grows no more, so that a broken character at its end is all that there will be of it. */
export function pieceFrom(files: TurnFiles, offset: number, whole: boolean, atMost = MAX_BYTES): Piece {
  let opened: number;
  try {
    opened = openSync(files.response, 'r');
  } catch {
    return { answer: '', next: offset, more: false };
  }
  try {
    const { size } = fstatSync(opened);
    for (let most = atMost; ; most = Math.floor(most / 2)) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - offset)));
      const length = readSync(opened, bytes, 0, bytes.length, offset);
      const atEnd = offset + length >= size;
      const kept = length - (whole && atEnd ? 0 : openCharacter(bytes.subarray(0, length)));
      const answer = bytes.toString('utf8', 0, kept);
      if (Buffer.byteLength(JSON.stringify(answer)) > MAX_JSON) continue;
      return { answer, next: offset + kept, more: kept > 0 && !atEnd };
    }
  } finally {
    closeSync(opened);
  }
}

/** How many bytes at the end belong to a UTF-8 character that is not all there. */
function openCharacter(bytes: Buffer): number {
  for (let have = 1; have <= Math.min(4, bytes.length); have++) {
    const byte = bytes[bytes.length - have] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return have < needed ? have : 0;
  }
  return 0;
}
