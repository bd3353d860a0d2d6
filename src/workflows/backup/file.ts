/** Backups as files of this computer: private, never over something that is there, never through a link, never half. */
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { isErrno, onErrno } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { privateDir, writePrivate } from '../../core/files.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { finishPart, isThere, readAt } from '../files/part-file.ts';

const SUFFIX = '.tar.gz';
// The checksum's and a part's names are longer, and file systems end at 255 bytes.
const MAX_NAME = 158;
// No control, line-end, direction or other invisible character.
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,1000}$/u;
const MAX_CHECKSUM_BYTES = 4096;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.tar\.gz$/;

/** Whether the person allowed this file outside of the folder for backups. @throws AppError `invalid_input`. */
export type Allows = (file: string) => Promise<void>;

/**
 * The full path of a backup that is to be written.
 * @param wanted a name inside `dir`, or an absolute path.
 * @throws AppError `invalid_input` for any other form, a link on the way, or a file that is there already.
 */
export async function newBackupFile(dir: string, wanted: string, allows: Allows): Promise<string> {
  const file = await backupPath(dir, wanted, allows);
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
export async function existingBackupFile(dir: string, wanted: string, allows: Allows): Promise<string> {
  const file = await backupPath(dir, wanted, allows);
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

async function backupPath(dir: string, wanted: string, allows: Allows): Promise<string> {
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
  const real = await realOf(parent);
  if (real === parent) {
    if (parent !== (await realOf(dir))) await allows(wanted);
    return wanted;
  }
  throw new AppError(
    'invalid_input',
    'The folder of this file does not exist, or the path leads through a link',
    {
      next: 'Pass a full path in a folder that exists, without links.',
    },
  );
}

async function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(onErrno(undefined, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'));
}

/** Beside a backup: its checksum, as `sha256sum -c` reads it, and our seal, which that takes for a comment. */
const checksumFile = (file: string) => `${file}.sha256`;

/** Gives a whole part its name, and its checksum beside it. @throws AppError as finishPart. */
export async function finishBackup(
  file: string,
  operationId: string,
  { sha256, seal }: { sha256: string; seal: string },
): Promise<void> {
  await finishPart(file, operationId, sha256);
  await writePrivate(checksumFile(file), `${sha256}  ${basename(file)}\n# seal ${seal}\n`);
}

/** What was written beside a backup. */
export interface BesideBackup {
  sha256: string;
  /** Proof that it was made on this computer; see seal.ts. */
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
