/** A file that arrives on this computer in pieces: private, whole or not there, never over something that is there. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isErrno, onErrno } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { renameToNew } from '../../core/files.ts';

/** A file that is still arriving. */
export interface PartFile {
  /** Bytes that an earlier run has written. */
  size: number;
  write(piece: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Where a file lies until it is whole. */
export const partOf = (file: string, operationId: string) => `${file}.${operationId}.part`;

/** Opens what an earlier run of the operation has left of `file`, or a new one, mode 0600. */
export async function openPart(file: string, operationId: string): Promise<PartFile> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const part = partOf(file, operationId);
  const handle = await open(part, flags, 0o600);
  if (!(await isOnlyName(handle, part))) {
    await handle.close();
    throw new AppError('conflict', 'Something else lies where the file was arriving; it was left alone', {
      next: 'Repeat the call with another file.',
    });
  }
  const { size } = await handle.stat();
  return {
    size,
    // At its place, not at the end: two processes at the same operation write the same.
    write: async (piece, offset) => {
      try {
        // A disk that is nearly full takes less than it was given.
        for (let at = 0; at < piece.length; ) {
          const { bytesWritten } = await handle.write(piece, at, piece.length - at, offset + at);
          at += bytesWritten;
        }
      } catch (cause) {
        throw ofFullDisk(cause);
      }
    },
    close: async () => {
      await handle.sync();
      await handle.close();
    },
  };
}

/** Whether what is open is an ordinary file that has this name, which is no link, and no other. */
export async function isOnlyName(handle: FileHandle, path: string): Promise<boolean> {
  const opened = await handle.stat({ bigint: true });
  const named = await lstat(path, { bigint: true });
  return opened.isFile() && opened.nlink === 1n && named.ino === opened.ino && named.dev === opened.dev;
}

// Stays free beside it: this computer has other work to do.
const RESERVED_BYTES = 512 * 1024 * 1024;

/** @throws AppError `unavailable` where the disk of `file` has no room for this many more bytes. */
export async function requireRoom(file: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize < bytes + RESERVED_BYTES) throw noRoom();
}

/** Told as a full disk where it is one; anything else stays what it is. */
export const ofFullDisk = (error: unknown): unknown =>
  isErrno(error, 'ENOSPC', 'EDQUOT') ? noRoom(error) : error;

function noRoom(cause?: unknown): AppError {
  return new AppError('unavailable', 'This computer has no room for the file; what had arrived was removed', {
    next: 'Make room, or pass a file on another disk, and repeat the call.',
    cause,
  });
}

/**
 * Gives a whole part its name. Again after that, it finds it there.
 * @throws AppError `unavailable` when it is not whole, `conflict` when another file took its name meanwhile.
 */
export async function finishPart(
  file: string,
  operationId: string,
  sha256: string,
  name = file,
): Promise<void> {
  const part = partOf(file, operationId);
  if (!(await isThere(part))) return;
  if ((await sha256Of(part)) !== sha256) {
    await rm(part, { force: true });
    throw new AppError('unavailable', 'The file did not arrive whole; the damaged one was removed', {
      next: 'Repeat the call.',
    });
  }
  await nameWithoutOverwriting(part, name, sha256);
  await rm(part, { force: true });
}

/** Hex, of what has arrived; of the file itself where an earlier run gave it its name. */
export async function partSum(file: string, operationId: string): Promise<string> {
  const part = partOf(file, operationId);
  return sha256Of((await isThere(part)) ? part : file);
}

async function nameWithoutOverwriting(part: string, file: string, sha256: string): Promise<void> {
  try {
    await renameToNew(part, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    // Another process at the same operation was first.
    if ((await sha256Of(file)) === sha256) return;
    throw new AppError('conflict', 'Another file took this name meanwhile; nothing was overwritten', {
      next: 'Repeat the call with another file.',
    });
  }
}

/** Removes what has arrived of a file that will not be continued. */
export async function dropPart(file: string, operationId: string): Promise<void> {
  await rm(partOf(file, operationId), { force: true });
}

/** Hex; the file is read in a stream. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Reads `length` bytes at `offset`, fewer only at the end. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** Whether there is anything of this name, a link too. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(onErrno(undefined, 'ENOENT'))) !== undefined;
}
