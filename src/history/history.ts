/**
 * What was done from this computer, by whom, and how it ended: a private file that several servers append to. A full
 * file is set aside and the one set aside before it dropped, so that the log stays small and still holds older calls.
 */

import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { privateDir, readIfThere, withFileLock } from '../core/files.ts';
import { parseJson } from '../core/json.ts';
import { inStateFolder } from '../core/state-folder.ts';
import { type Entry, entriesOf, type Line, line } from './line.ts';

// Two files of this size hold some thousand calls.
const MAX_FILE_BYTES = 512 * 1024;
const NEWLINE = 0x0a;

export interface History {
  /** @throws AppError as `inStateFolder`. */
  append(entry: Line): Promise<void>;
  /** Newest first, and how many lines could not be read. */
  read(): Promise<{ entries: Entry[]; damaged: number }>;
}

/** The log in the folder `dir`, which is made by the first line. */
export function fileHistory(dir: string, clock: Clock, maxBytes = MAX_FILE_BYTES): History {
  const file = join(dir, 'history.jsonl');
  const before = join(dir, 'history.1.jsonl');

  /** A line is one write in append mode, which the system does not mix with another's: that needs no lock. */
  async function append(entry: Line): Promise<void> {
    const size = await appendLine(file, JSON.stringify(entry));
    // The line is written. If the full file could not be set aside, the next call tries again.
    if (size > maxBytes) await withFileLock(clock, join(dir, '.history.lock'), setAside).catch(() => {});
  }

  /** Another process may have been first. */
  async function setAside(): Promise<void> {
    if ((await stat(file)).size > maxBytes) await rename(file, before);
  }

  /** The newer first: one that is set aside meanwhile is read twice, which says the same, and never missed. */
  async function texts(): Promise<string> {
    const newer = await readIfThere(file);
    const older = await readIfThere(before);
    return `${older ?? ''}\n${newer ?? ''}`;
  }

  return {
    append: (entry) => inStateFolder(dir, () => append(entry)),
    read: () =>
      inStateFolder(dir, async () => {
        const all = (await texts()).split('\n').filter((one) => one !== '');
        const read = all.map((one) => line.safeParse(parseJson(one)).data);
        const lines = read.filter((one) => one !== undefined);
        return { entries: entriesOf(lines), damaged: read.length - lines.length };
      }),
  };
}

/** @returns the size of the file then. What a crash left of a line is ended first: the next one must not be lost with it. */
async function appendLine(path: string, text: string): Promise<number> {
  await privateDir(join(path, '..'));
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const torn = size > 0 && last[0] !== NEWLINE;
    await file.appendFile(`${torn ? '\n' : ''}${text}\n`);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
