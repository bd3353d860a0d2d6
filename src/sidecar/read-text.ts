/** The small files by which programs of a machine tell each other something. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Empty where there is none, or it cannot be read: it tells nothing then. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** So many bytes of an ordinary file from an offset on, or its last ones; undefined where there is none. */
export function readUpTo(file: string, most: number, from: number | 'end' = 0): string | undefined {
  let opened: number;
  try {
    // A pipe in its place must not hold the reader.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const seen = fstatSync(opened);
    if (!seen.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(most, seen.size));
    const offset = from === 'end' ? seen.size - bytes.length : from;
    const length = readSync(opened, bytes, 0, bytes.length, offset);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(opened);
  }
}
