/** Paths as the system means them: without links, and which of them lies in which. */
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { onErrno } from '../../core/errno.ts';

/** Undefined where there is nothing, or nothing that may be looked at. */
export async function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(
    onErrno(undefined, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM'),
  );
}

/** Of two paths without links. */
export function isWithin(folder: string, path: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
