/** Paths as the system means them: without links, and which of them lies in which. */
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { isErrno } from '../../core/errno.ts';

/** Undefined where there is nothing, or nothing that may be looked at. */
export async function realOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** Of two paths without links. */
export function isWithin(folder: string, path: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
