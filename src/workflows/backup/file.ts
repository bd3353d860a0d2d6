/** Backups as files of this computer: private, never over something that is there, never through a link, never half. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rm, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../core/errors.ts';
import { isErrno, privateDir, renameToNew, writePrivate } from '../../core/files.ts';
import { inStateFolder } from '../../core/state-folder.ts';

const SUFFIX = '.tar.gz';
// The checksum's and a part's names are longer, and file systems end at 255 bytes.
const MAX_NAME = 158;
// No control, line-end, direction or other invisible character.
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,1000}$/u;
const MAX_CHECKSUM_BYTES = 4096;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.tar\.gz$/;

/**
 * The full path of a backup that is to be written.
 * @param wanted a name inside `dir`, or an absolute path.
 * @throws AppError `invalid_input` for any other form, a link on the way, or a file that is there already.
 */
export async function newBackupFile(dir: string, wanted: string): Promise<string> {
  const file = await backupPath(dir, wanted);
  for (const path of [file, checksumFile(file)]) {
    if (await isThere(path)) {
      throw new AppError('invalid_input', 'A file of this name is there already; nothing was overwritten', {
        next: 'Pass another file, or leave it out for a new name.',
      });
    }
  }
  return file;
}

/** The full path of a backup that is to be read. @throws AppError `invalid_input`, `not_found`. */
export async function existingBackupFile(dir: string, wanted: string): Promise<string> {
  const file = await backupPath(dir, wanted);
  try {
    if ((await lstat(file)).isFile()) return file;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AppError('not_found', 'There is no backup of this name on this computer', {
      next: `Pass the file as backup_openclaw returned it, or a name inside ${dir}.`,
    });
  }
  throw new AppError('invalid_input', 'This is not an ordinary file', { next: 'Pass the backup itself.' });
}

async function backupPath(dir: string, wanted: string): Promise<string> {
  if (!PRINTABLE.test(wanted) || basename(wanted).length > MAX_NAME) {
    throw new AppError(
      'invalid_input',
      'The name of a backup holds characters that cannot be printed, or is too long',
      {
        next: `Pass a name of at most ${MAX_NAME} printable characters that ends in ${SUFFIX}.`,
      },
    );
  }
  if (NAME.test(wanted)) {
    await inStateFolder(dir, () => privateDir(dir));
    return join(dir, wanted);
  }
  if (!isAbsolute(wanted) || normalize(wanted) !== wanted || !wanted.endsWith(SUFFIX)) {
    throw new AppError('invalid_input', 'This is neither a file name nor a full path that ends in .tar.gz', {
      next: `Pass a name such as assistant.tar.gz, which goes to ${dir}, or a full path without "..".`,
    });
  }
  const parent = dirname(wanted);
  const real = await realpath(parent).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) return undefined;
    throw error;
  });
  if (real === parent) return wanted;
  throw new AppError(
    'invalid_input',
    'The folder of this file does not exist, or the path leads through a link',
    {
      next: 'Pass a full path in a folder that exists, without links.',
    },
  );
}

/** Beside a backup: its checksum, as `sha256sum -c` reads it, and our seal, which that takes for a comment. */
const checksumFile = (file: string) => `${file}.sha256`;

/** A backup that is still arriving. */
export interface PartFile {
  /** Bytes that an earlier run has written. */
  size: number;
  write(piece: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

const partOf = (file: string, operationId: string) => `${file}.${operationId}.part`;

/** Opens what an earlier run of the operation has left of `file`, or a new one, mode 0600. */
export async function openPart(file: string, operationId: string): Promise<PartFile> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(partOf(file, operationId), flags, 0o600);
  const { size } = await handle.stat();
  return {
    size,
    // At its place, not at the end: two processes at the same operation write the same.
    write: async (piece, offset) => {
      try {
        await handle.write(piece, 0, piece.length, offset);
      } catch (cause) {
        throw isErrno(cause, 'ENOSPC', 'EDQUOT') ? noRoom(cause) : cause;
      }
    },
    close: async () => {
      await handle.sync();
      await handle.close();
    },
  };
}

// Stays free beside a backup: this computer has other work to do.
const RESERVED_BYTES = 512 * 1024 * 1024;

/** @throws AppError `unavailable` where the disk of `file` has no room for this many more bytes. */
export async function requireRoom(file: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize < bytes + RESERVED_BYTES) throw noRoom();
}

function noRoom(cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    'This computer has no room for the backup; what had arrived was removed',
    {
      next: 'Make room, or pass a file on another disk, and call backup_openclaw again.',
      cause,
    },
  );
}

/**
 * Gives a whole part its name, and its checksum beside it.
 * @throws AppError `unavailable` when it is not whole, `conflict` when another file took its name meanwhile.
 */
export async function finishPart(
  file: string,
  operationId: string,
  { sha256, seal }: { sha256: string; seal: string },
): Promise<void> {
  const part = partOf(file, operationId);
  if (await isThere(part)) {
    if ((await sha256Of(part)) !== sha256) {
      await rm(part, { force: true });
      throw new AppError('unavailable', 'The backup did not arrive whole; the damaged file was removed', {
        next: 'Call backup_openclaw again.',
      });
    }
    await nameWithoutOverwriting(part, file, sha256);
  }
  await writePrivate(checksumFile(file), `${sha256}  ${basename(file)}\n# seal ${seal}\n`);
  await rm(part, { force: true });
}

async function nameWithoutOverwriting(part: string, file: string, sha256: string): Promise<void> {
  try {
    await renameToNew(part, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    // Another process at the same operation was first.
    if ((await sha256Of(file)) === sha256) return;
    throw new AppError('conflict', 'Another file took this name meanwhile; nothing was overwritten', {
      next: 'Call backup_openclaw again with another file.',
    });
  }
}

/** Removes what has arrived of a backup that will not be continued. */
export async function dropPart(file: string, operationId: string): Promise<void> {
  await rm(partOf(file, operationId), { force: true });
}

/** Hex; the file is read in a stream. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What was written beside a backup. */
export interface BesideBackup {
  sha256: string;
  /** Proof that it was made on this computer; see backup-seal.ts. */
  seal: string | undefined;
}

/**
 * Undefined where there is no such file any more.
 * @throws AppError `invalid_input` where there is one that says nothing: perhaps the backup is not what it was.
 */
export async function besideBackup(file: string): Promise<BesideBackup | undefined> {
  const text = await smallText(checksumFile(file));
  if (text === undefined) return undefined;
  const sha256 = /^[0-9a-f]{64}(?= )/.exec(text)?.[0];
  if (sha256 !== undefined) return { sha256, seal: /^# seal ([0-9a-f]{64})$/m.exec(text)?.[1] };
  throw new AppError('invalid_input', 'The checksum beside the backup cannot be read; nothing was changed', {
    next: 'Restore another backup, or remove the .sha256 file if the person is sure of this one.',
  });
}

/** Of an ordinary file, its beginning: a pipe in its place would never end. */
async function smallText(path: string): Promise<string | undefined> {
  try {
    const handle = await open(
      path,
      constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0),
    );
    try {
      if (!(await handle.stat()).isFile()) return '';
      return (await readAt(handle, 0, MAX_CHECKSUM_BYTES)).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    // No rights, a link, a folder: there, and not to be read.
    if (isErrno(error, 'EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENXIO')) return '';
    throw error;
  }
}

/** Reads `length` bytes at `offset`, fewer only at the end. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
