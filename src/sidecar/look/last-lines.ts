/** The end of a file, read backwards in pieces: logs grow to gigabytes, and this program stays small. */
import { type FileHandle, open } from 'node:fs/promises';

const PIECE = 256 * 1024;
/** The newest are enough, and bound the time. */
const MOST_READ = 64 * 1024 * 1024;

export interface Wanted {
  most: number;
  maxBytes: number;
  /** The line as it is handed on; undefined where it is not wanted. */
  keep: (line: string) => string | undefined;
}

export interface LastLines {
  lines: string[];
  /** Whether there was more than `maxBytes` hold. */
  truncated: boolean;
}

/** None where there is no such file. */
export async function lastLines(file: string, wanted: Wanted): Promise<LastLines> {
  const found: LastLines = { lines: [], truncated: false };
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return found;
  let left = wanted.maxBytes;
  try {
    for await (const bytes of backwards(handle)) {
      const line = wanted.keep(bytes.toString('utf8').replaceAll('\0', ''));
      if (line === undefined) continue;
      const size = Buffer.byteLength(line) + 1;
      if (size > left) {
        found.truncated = true;
        if (found.lines.length === 0) found.lines.push(line.slice(-wanted.maxBytes));
        break;
      }
      left -= size;
      found.lines.push(line);
      if (found.lines.length === wanted.most) break;
    }
  } finally {
    await handle.close();
  }
  found.lines.reverse();
  return found;
}

const NEWLINE = 10;

/** Line by line, the last first; of one that has no end in sight only its own end. */
async function* backwards(handle: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  const oldest = Math.max(0, size - MOST_READ);
  let rest: Buffer = Buffer.alloc(0);
  let last = true;
  for (let end = size; end > oldest; ) {
    const begin = Math.max(oldest, end - PIECE);
    const piece = Buffer.alloc(end - begin);
    await handle.read(piece, 0, piece.length, begin);
    end = begin;
    let text = Buffer.concat([piece, rest]);
    for (let at = text.lastIndexOf(NEWLINE); at !== -1; at = text.lastIndexOf(NEWLINE)) {
      // What stands behind the last newline of all is a line only where something does.
      if (!last || at + 1 < text.length) yield text.subarray(at + 1);
      last = false;
      text = text.subarray(0, at);
    }
    rest = text.subarray(-PIECE);
  }
  if (!last || rest.length > 0) yield rest;
}
