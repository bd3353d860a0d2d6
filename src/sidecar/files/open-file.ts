/** Opens a file of the assistant so that what is read is what was judged: without links, inside, and an ordinary file. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs';
import type { Place } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { isOpen, meant } from './roots.ts';

/** The path without links. @throws SidecarError `file_name`, `file_missing`, `file_outside`. */
export function resolved(place: Place, path: string): string {
  const wanted = meant(place, path);
  const real = orRefusal(() => realpathSync(wanted));
  if (!isOpen(place, real)) throw new SidecarError('file_outside');
  return real;
}

/** What `use` makes of the opened file. @throws SidecarError as `resolved`, and `file_odd` for anything but a file. */
export function withFile<T>(
  place: Place,
  path: string,
  use: (opened: number, file: { real: string; bytes: number; mark: string }) => T,
): T {
  const real = resolved(place, path);
  // A pipe in its place must not hold the reader, and a link must not be followed.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const opened = orRefusal(() => openSync(real, flags));
  try {
    const seen = fstatSync(opened, { bigint: true });
    // A folder on the way may have become a link meanwhile.
    const still = lstatSync(real, { bigint: true, throwIfNoEntry: false });
    if (!seen.isFile() || still?.ino !== seen.ino || still.dev !== seen.dev)
      throw new SidecarError('file_odd');
    if (orRefusal(() => realpathSync(real)) !== real) throw new SidecarError('file_outside');
    const mark = [seen.dev, seen.ino, seen.size, seen.mtimeNs, seen.ctimeNs].join('-');
    return use(opened, { real, bytes: Number(seen.size), mark });
  } finally {
    closeSync(opened);
  }
}

/** As many bytes as there are, up to `length`. */
export function readRange(opened: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const more = readSync(opened, bytes, at, length - at, offset + at);
    if (more === 0) break;
    at += more;
  }
  return bytes.subarray(0, at);
}

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'file_missing',
  ENOTDIR: 'file_missing',
  ELOOP: 'file_odd',
  EISDIR: 'file_odd',
  ENXIO: 'file_odd',
  ENAMETOOLONG: 'file_name',
  EACCES: 'file_no_right',
  EPERM: 'file_no_right',
  EROFS: 'file_no_right',
  EEXIST: 'file_exists',
  ENOSPC: 'file_no_room',
  EDQUOT: 'file_no_room',
};

/** What the system refuses, by our code for it. */
export function orRefusal<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asRefusal(error);
  }
}

export function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = CODES[String(error.code)];
  return code === undefined ? error : new SidecarError(code);
}
