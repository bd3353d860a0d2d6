/** A file that belongs to a client and its person: read whole or not at all, and never lost. */
import { constants } from 'node:fs';
import { open, readFile, readlink, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { writePrivate } from '../../core/files.ts';
import { folderFault } from '../../core/state-folder.ts';
import type { Place } from './entry.ts';

/** What `install` has of this process. */
export interface InstallIo {
  place: Place;
  program: { node: string; bin: string };
  clock: Clock;
  print(text: string): void;
}

/** Empty where there is no file. Bytes of another encoding would be lost, in the copy too. @throws AppError `conflict` */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return '';
    if (!(cause instanceof TypeError)) throw cause;
    throw new AppError('conflict', `${file} is not in UTF-8, so it was left alone`, {
      next: 'Save it as UTF-8 in an editor and run install again, or put the entry into it by hand.',
      cause,
    });
  }
}

/** Replacing a link to a file in somebody's dotfiles would part the two. @throws AppError `conflict` for a link to nothing */
export async function throughLinks(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ELOOP')) throw folderFault(dirname(file), error);
  }
  const target = await readlink(file).catch(() => undefined);
  if (target === undefined) return file;
  throw new AppError(
    'conflict',
    `${file} is a link to ${target}, which is not there, so nothing was written`,
    {
      next: 'Make that file, even an empty one, or remove the link; then run install again.',
    },
  );
}

/** A new file, never through a link that somebody may have put in its place. */
async function backUp(file: string, text: string, clock: Clock): Promise<string> {
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const copy = `${file}.backup-${stamp}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(copy, flags, 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  return copy;
}

/** @throws AppError `conflict` where this computer does not let the file be read or written. */
export async function onFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const fault = folderFault(dirname(file), cause);
    if (fault === cause) throw cause;
    throw new AppError('conflict', `${file} cannot be read or written, so it was left alone`, {
      next: 'Put that right, or put the entry into it by hand.',
      cause: fault,
    });
  }
}

/** Writes `text`, with a copy of what was there `before` beside it. @returns the copy's path. @throws AppError as onFile. */
export function replaced(
  file: string,
  before: string,
  text: string,
  clock: Clock,
): Promise<string | undefined> {
  return onFile(file, async () => {
    const copy = before === '' ? undefined : await backUp(file, before, clock);
    await writePrivate(file, text);
    return copy;
  });
}
