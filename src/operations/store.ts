/** Operation records on disk: one private file each, replaced as a whole. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isErrno, readIfThere, withFileLock, writePrivate } from '../core/files.ts';
import type { OperationRecord } from './record.ts';

// Ids come back from clients: nothing that could leave the folder is looked up.
const SAFE_ID = /^[A-Za-z0-9_-]{1,160}$/;

export interface OperationStore {
  get(id: string): Promise<OperationRecord | undefined>;
  put(record: OperationRecord): Promise<void>;
  remove(id: string): Promise<void>;
  /** Newest first. */
  list(): Promise<OperationRecord[]>;
  /** No other process is inside `exclusive` of the same folder meanwhile. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** No other process is inside `changing` of the same record meanwhile. */
  changing<T>(id: string, work: () => Promise<T>): Promise<T>;
}

/** Records under `dir`, which is created on the first write. A file that cannot be read as a record is skipped. */
export function fileStore(dir: string, clock: Clock): OperationStore {
  const fileOf = (id: string) => join(dir, `${id}.json`);
  const get = async (id: string) =>
    SAFE_ID.test(id) ? parseRecord(await readIfThere(fileOf(id))) : undefined;
  return {
    get: (id) => onDisk(() => get(id)),
    put: (record) => onDisk(() => writePrivate(fileOf(record.id), JSON.stringify(record))),
    remove: (id) => onDisk(() => rm(fileOf(id), { force: true })),
    list: () =>
      onDisk(async () => {
        const names = (await entries(dir)).filter((name) => name.endsWith('.json'));
        const records = await Promise.all(names.map((name) => get(name.slice(0, -'.json'.length))));
        return records
          .filter((record) => record !== undefined)
          .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      }),
    exclusive: (work) => onDisk(() => withFileLock(clock, join(dir, '.lock'), work)),
    changing: (id, work) => onDisk(() => withFileLock(clock, join(dir, `.${id}.lock`), work)),
  };
}

// What the owner of this computer can put right: rights, room, a folder that is none.
const FOLDER_FAULTS = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR'];

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = FOLDER_FAULTS.find((each) => isErrno(cause, each));
    if (code === undefined) throw cause;
    throw new AppError('unavailable', `The state folder of this server cannot be used (${code})`, {
      next: 'Give it room and rights, or set OPENCLAW_MCP_STATE_DIR to another folder and restart the server; then call get_operation: what runs goes on.',
      cause,
    });
  }
}

async function entries(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function parseRecord(text: string | undefined): OperationRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text);
    return typeof record.id === 'string' && Array.isArray(record.stages) ? record : undefined;
  } catch {
    return undefined;
  }
}
