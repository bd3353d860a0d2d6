/**
 * Operation records on disk: one private file each, replaced as a whole. What has ended lies in a folder of its own, so
 * that to begin something costs as much after a thousand operations as after one.
 */
import { readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../core/bounded.ts';
import { ageMs, type Clock } from '../core/clock.ts';
import { onErrno } from '../core/errno.ts';
import {
  lastChange,
  privateDir,
  readIfThere,
  tidyDrafts,
  withFileLock,
  writePrivate,
} from '../core/files.ts';
import { type Redact, redactDeep } from '../core/redact.ts';
import { inStateFolder } from '../core/state-folder.ts';
import { recordReader } from './read-record.ts';
import type { OperationRecord } from './record.ts';

// Ids come back from clients: nothing that could leave the folder is looked up.
const SAFE_ID = /^[A-Za-z0-9_-]{1,160}$/;
const READ_AT_ONCE = 16;

/** Which ended records are meant, told before any file is read. */
export interface Ended {
  /** By what the id says. */
  about?: ((id: string) => boolean) | undefined;
  /** Those that ended after this moment, in milliseconds since the epoch. */
  since?: number | undefined;
}

export interface OperationStore {
  get(id: string): Promise<OperationRecord | undefined>;
  put(record: OperationRecord): Promise<void>;
  remove(id: string): Promise<void>;
  /** What runs, or was cancelled and is not settled; newest first. */
  open(): Promise<OperationRecord[]>;
  /** What has ended for good; newest first. */
  ended(which: Ended): Promise<OperationRecord[]>;
  /**
   * Whether this has not been asked, by any process, for so many milliseconds; false at the very first question. True also
   * where more than `most` records have ended.
   */
  dueForTidying(everyMs: number, most: number): Promise<boolean>;
  /** No other process is inside `exclusive` of the same folder meanwhile. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** No other process is inside `changing` of the same record meanwhile. */
  changing<T>(id: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Records under `dir`, which is created on the first write. A file that cannot be read as a record is skipped.
 * Every method throws AppError as `inStateFolder`.
 */
export function fileStore(dir: string, clock: Clock): OperationStore {
  const endedDir = join(dir, 'ended');
  const openFile = (id: string) => join(dir, `${id}.json`);
  const endedFile = (id: string) => join(endedDir, `${id}.json`);
  const reader = recordReader();
  const onDisk = <T>(work: () => Promise<T>) => inStateFolder(dir, work);

  /** The open file first: one that is moved meanwhile is found in one of the two. Where both are, the end counts. */
  async function get(id: string): Promise<OperationRecord | undefined> {
    if (!SAFE_ID.test(id)) return undefined;
    const open = await readIfThere(openFile(id));
    return reader.parse(id, (await readIfThere(endedFile(id))) ?? open);
  }

  async function put(record: OperationRecord): Promise<void> {
    const text = reader.text(record);
    if (!isOver(record)) return writePrivate(openFile(record.id), text);
    await writePrivate(endedFile(record.id), text);
    const at = new Date(record.updatedAt);
    await utimes(endedFile(record.id), at, at);
    await rm(openFile(record.id), { force: true });
  }

  async function open(): Promise<OperationRecord[]> {
    const found = await all(await idsIn(dir), get);
    for (const { id } of found.filter(isOver)) await setAside(id);
    return found.filter((record) => !isOver(record));
  }

  /** An end that a crash, or an older version, has left among what runs. */
  async function setAside(id: string): Promise<void> {
    try {
      await privateDir(endedDir);
      await rename(openFile(id), endedFile(id));
    } catch {
      // Another process was first, or the folder can only be read.
    }
  }

  async function ended({ about = () => true, since }: Ended): Promise<OperationRecord[]> {
    const ids = (await idsIn(endedDir)).filter(about);
    if (since === undefined) return all(ids, get);
    const times = await mapBounded(ids, READ_AT_ONCE, (id) => lastChange(endedFile(id)));
    return all(
      ids.filter((_, index) => (times[index] ?? 0) > since),
      get,
    );
  }

  let tidied = false;
  /** Once in a process: those who died here left their drafts. */
  async function tidy(): Promise<void> {
    if (tidied) return;
    tidied = true;
    for (const folder of [dir, endedDir, join(dir, '..')]) await tidyDrafts(clock, folder);
  }

  async function dueForTidying(everyMs: number, most: number): Promise<boolean> {
    const file = join(dir, '.tidied');
    const last = await readIfThere(file);
    const many = (await idsIn(endedDir)).length > most;
    if (!many && last !== undefined && ageMs(last, clock.now()) < everyMs) return false;
    await writePrivate(file, new Date(clock.now()).toISOString());
    return many || last !== undefined;
  }

  return {
    get: (id) => onDisk(() => get(id)),
    put: (record) => onDisk(() => put(record)),
    remove: (id) =>
      onDisk(async () => {
        await rm(openFile(id), { force: true });
        await rm(endedFile(id), { force: true });
      }),
    open: () => onDisk(open),
    ended: (which) => onDisk(() => ended(which)),
    dueForTidying: (everyMs, most) => onDisk(() => dueForTidying(everyMs, most)),
    exclusive: (work) =>
      onDisk(async () => {
        await tidy();
        return withFileLock(clock, join(dir, '.lock'), work);
      }),
    changing: (id, work) => onDisk(() => withFileLock(clock, join(dir, `.${id}.lock`), work)),
  };
}

function isOver({ status, unsettled }: OperationRecord): boolean {
  return status !== 'running' && !unsettled;
}

async function all(
  ids: readonly string[],
  get: (id: string) => Promise<OperationRecord | undefined>,
): Promise<OperationRecord[]> {
  const records = await mapBounded(ids, READ_AT_ONCE, get);
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

async function idsIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(onErrno([], 'ENOENT'));
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

/**
 * `input` and `state` are left alone: the work goes on from them, a user's message byte for byte, and they hold nothing
 * that a stranger wrote.
 */
export function redactedStore(store: OperationStore, redact: Redact): OperationStore {
  return { ...store, put: (record) => store.put(withoutSecrets(record, redact)) };
}

function withoutSecrets(record: OperationRecord, redact: Redact): OperationRecord {
  const { notes, result, error } = record;
  const said = { notes, ...(result && { result }), ...(error && { error }) };
  return Object.assign({ ...record }, redactDeep(redact, said));
}
