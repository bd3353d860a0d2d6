/** Names in folders, and the small files by which programs of a machine tell each other something. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { attempt } from '../core/errno.ts';

/** Empty where there is none, or it cannot be read: it tells nothing then. */
export function readText(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

/** What is in a folder; nothing where there is none, or it cannot be read. */
export function namesIn(folder: string): string[] {
  return attempt(() => readdirSync(folder), []);
}

/** So many bytes of an ordinary file from an offset on, or its last ones; undefined where there is none. */
export function readUpTo(
  file: string,
  most: number,
  from: number | 'end' = 0,
  encoding: BufferEncoding = 'utf8',
): string | undefined {
  // A pipe in its place must not hold the reader.
  const opened = attempt(() => openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), undefined);
  if (opened === undefined) return undefined;
  try {
    const seen = fstatSync(opened);
    if (!seen.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(most, seen.size));
    const offset = from === 'end' ? seen.size - bytes.length : from;
    const length = readSync(opened, bytes, 0, bytes.length, offset);
    return bytes.toString(encoding, 0, length);
  } finally {
    closeSync(opened);
  }
}
