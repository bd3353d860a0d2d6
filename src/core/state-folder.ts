/** Work in a folder that holds state: only where it is this user's own, and what keeps it from being used is named. */
import { dirname } from 'node:path';
import { AppError, isAppError } from './errors.ts';
import { requireOwnFolder } from './own-folder.ts';

/** details.reason of every error by which a folder says that it cannot be used. */
const REASON = 'state_folder';

// By the system's code: what the owner of this computer can put right.
const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: "this user's share of its disk is used up",
  EROFS: 'it is on a file system that can only be read',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a part of its path is no folder',
  ENOENT: 'it is not there and cannot be made',
  ELOOP: 'links on its path lead in a circle',
  ENAMETOOLONG: 'its path is too long',
  EIO: 'its disk fails',
  EMFILE: 'this computer has too many open files',
  ENFILE: 'this computer has too many open files',
};

const FULL = ['ENOSPC', 'EDQUOT'];
// Whatever was being done: the fault is this computer's, and no defect of ours.
const NO_DEFECT = [...FULL, 'EROFS', 'EIO', 'EMFILE', 'ENFILE'];

/** What this computer is to blame for wherever it shows, in our words; anything else as it is. */
export function computerFault(cause: unknown): unknown {
  if (!NO_DEFECT.includes(systemCode(cause) ?? '')) return cause;
  const path = cause instanceof Error && 'path' in cause ? cause.path : undefined;
  return folderFault(typeof path === 'string' ? dirname(path) : 'that was written to', cause);
}

function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'syscall' in cause && 'code' in cause ? String(cause.code) : undefined;
}

/**
 * The result of `work`, which reads or writes files in `dir`.
 * @throws AppError `config` when the folder is not this user's own, `unavailable` with its name and the cause when the
 * system refuses; what `work` throws otherwise.
 */
export async function inStateFolder<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    requireOwnFolder(dir);
    return await work();
  } catch (cause) {
    throw folderFault(dir, cause);
  }
}

/** Whether `error` says that a state folder cannot be used now. */
export function isFolderFault(error: unknown): error is AppError {
  return isAppError(error, 'unavailable') && error.details.reason === REASON;
}

/** What the system said about `dir`, in our words; anything else as it is. */
export function folderFault(dir: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === undefined) return cause;
  const why = CAUSES[code] === undefined ? code : `${CAUSES[code]} (${code})`;
  const remedy = FULL.includes(code) ? 'Make room on that disk' : 'Put that right';
  return new AppError('unavailable', `The folder ${dir} cannot be used: ${why}`, {
    next: `${remedy}, or set OPENCLAW_MCP_STATE_DIR to another folder and restart the server; then call get_operation: what runs goes on.`,
    details: { reason: REASON, errno: code },
    cause,
  });
}
