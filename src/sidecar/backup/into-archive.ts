/** Files on their way into an archive while others write to them. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, lstatSync, statfsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Duplex, type Readable, Transform } from 'node:stream';
import { onErrno } from '../../core/errno.ts';
import type { NewEntry } from '../../core/tar.ts';
import type { StateFile } from './state-files.ts';

const SPARE_BYTES = 64 * 1024 * 1024;

/** Whether the disk of `root` could hold all of it once more, and something would be left. */
export function hasRoomFor(root: string, files: readonly StateFile[]): boolean {
  const sizes = files.map(({ kind, name }) =>
    kind === 'file' || kind === 'database'
      ? (lstatSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0)
      : 0,
  );
  const { bavail, bsize } = statfsSync(root);
  return bavail * bsize >= sizes.reduce((sum, size) => sum + size, SPARE_BYTES);
}

/**
 * A file as it is now; one that is gone is left out.
 * @param through what its bytes go through; it must not change how many they are.
 */
export async function* fileEntry(
  path: string,
  { name, mode }: { name: string; mode: number },
  through?: () => Duplex,
): AsyncGenerator<NewEntry, void> {
  const handle = await opened(path);
  if (handle === undefined) return;
  try {
    const { size, mtime } = await handle.stat();
    yield { header: { name, mode, size, mtime }, content: exactly(handle, size, through) };
  } finally {
    await handle.close();
  }
}

/** A folder or a link; when it was made concerns nobody. */
export function placeEntry(file: StateFile): NewEntry {
  const { name, mode } = file;
  const common = { mode, size: 0, mtime: new Date(0) };
  return file.kind === 'link'
    ? { header: { ...common, name, type: 'symlink', linkname: file.target } }
    : { header: { ...common, name: `${name}/`, type: 'directory' } };
}

/** Undefined where it is gone or has become something else meanwhile. */
async function opened(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(onErrno(undefined, 'ENOENT', 'ELOOP'));
  if ((await handle?.stat())?.isFile()) return handle;
  await handle?.close();
  return undefined;
}

/** A read that fails ends what it goes through. */
function piped(read: Readable, through: Duplex): Duplex {
  read.once('error', (error) => through.destroy(error));
  return read.pipe(through);
}

/** As many bytes as were announced: a transcript grows while it is read, and a file may shrink. */
async function* exactly(
  handle: FileHandle,
  size: number,
  through: (() => Duplex) | undefined,
): AsyncGenerator<Buffer> {
  if (size === 0) return;
  let missing = size;
  const read = createReadStream('', { fd: handle, autoClose: false, start: 0, end: size - 1 });
  const chunks: AsyncIterable<Buffer> = through === undefined ? read : piped(read, through());
  for await (const chunk of chunks) {
    missing -= chunk.length;
    yield chunk;
  }
  for (; missing > 0; missing -= 65_536) yield Buffer.alloc(Math.min(missing, 65_536));
}

/** Counts and sums up what goes through it. */
export function measured() {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Overwrites `token` in what flows through, also across chunks; no length changes. */
export function tokenRemover(token: string): Transform {
  const wanted = Buffer.from(token);
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = overwritten(Buffer.concat([held, chunk]), wanted);
      // What is held back may be the beginning of one.
      const ready = Math.max(0, all.length - wanted.length + 1);
      held = all.subarray(ready);
      done(null, all.subarray(0, ready));
    },
    flush(done) {
      done(null, held);
    },
  });
}

function overwritten(bytes: Buffer, wanted: Buffer): Buffer {
  for (
    let found = bytes.indexOf(wanted);
    found !== -1;
    found = bytes.indexOf(wanted, found + wanted.length)
  ) {
    bytes.fill('x', found, found + wanted.length);
  }
  return bytes;
}
