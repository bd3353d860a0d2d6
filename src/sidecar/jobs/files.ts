/** The files of a detached job. Scripts of earlier versions write and read the same ones, so that any version follows any job. */
import {
  appendFileSync,
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { mcpDir, type Place } from '../place.ts';
import { knownIdentity, livePid } from '../process/identity.ts';
import { readUpTo } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';

export interface JobFiles {
  folder: string;
  pid: string;
  /** The process that brings a Node to a machine without one, and then begins the job; see src/bootstrap/job.sh. */
  fetching: string;
  /** "milliseconds stage", a line each. */
  journal: string;
  /** `name=value` and `name@=packed` lines of what it answered. */
  result: string;
  /** The end mark: 0 or another exit status. */
  exit: string;
  log: string;
  /** Told to stop for good. */
  stopped: string;
  /** What it was asked; gone as soon as it was read, since keys may be in it. */
  request: string;
  /** Where a job works on what nobody else needs. */
  work: string;
}

/** @throws SidecarError `bad_job_id`. */
export function jobFiles(place: Place, id: string): JobFiles {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(id)) throw new SidecarError('bad_job_id');
  const folder = join(mcpDir(place), 'jobs', id);
  const of = (name: string) => join(folder, name);
  return {
    folder,
    pid: of('pid'),
    fetching: of('fetching'),
    journal: of('journal'),
    result: of('result'),
    exit: of('exit'),
    log: of('log'),
    stopped: of('stopped'),
    request: of('request'),
    work: of('work'),
  };
}

/** unknown: never started here · lost: its process went without a word, as when the machine slept or was killed. */
export type JobState = 'unknown' | 'running' | 'done' | 'failed' | 'lost';

export async function jobState(files: JobFiles): Promise<JobState> {
  const ended = endOf(files);
  if (ended !== undefined) return ended;
  if (knownIdentity(files.pid) === undefined) return 'unknown';
  if ((await livePid(files.pid)) !== undefined) return 'running';
  // It may have ended between the two looks.
  return endOf(files) ?? 'lost';
}

function endOf({ exit }: JobFiles): 'done' | 'failed' | undefined {
  const mark = readUpTo(exit, 16)?.trim();
  if (mark === undefined || mark === '') return undefined;
  return mark === '0' ? 'done' : 'failed';
}

const LONGEST_STAGE = 64;

/** A stage is for people: a disk without room for it ends no job. One that goes on is not said twice. */
export function writeStage({ journal }: JobFiles, name: string): void {
  try {
    if (readUpTo(journal, LONGEST_STAGE, 'end')?.endsWith(` ${name}\n`)) return;
    appendFileSync(journal, `${systemClock.now()} ${name}\n`, { mode: 0o600 });
  } catch {
    // What it cost is that nobody sees this stage.
  }
}

/** More than any result of ours. */
const RESERVED_BYTES = 64 * 1024;

/**
 * Room for the end of a job: a full disk must not make one that has ended look lost, and be begun again and again.
 * What is written over it takes no room that is not there already.
 * @throws the system's error where there is no room now; then nothing has begun.
 */
export function reserveEnd({ result, exit }: JobFiles): void {
  for (const [file, size] of [
    [result, RESERVED_BYTES],
    [exit, 16],
  ] as const) {
    rmSync(file, { force: true });
    const opened = openSync(`${file}.new`, 'w', 0o600);
    try {
      for (let written = 0; written < size; )
        written += writeSync(opened, Buffer.alloc(size - written, '\n'));
    } finally {
      closeSync(opened);
    }
  }
}

/** Whole or not at all: the mark last. */
export function writeEnd(files: JobFiles, status: 0 | 1, result: string): void {
  overwrite(files.result, Buffer.byteLength(result) > RESERVED_BYTES ? 'error=unexpected\nend=1\n' : result);
  overwrite(files.exit, `${status}\n`);
}

function overwrite(file: string, text: string): void {
  // Over the room that was reserved, where somebody has not cleared that away.
  const opened = openSync(`${file}.new`, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(opened, bytes, at, bytes.length - at, at);
    ftruncateSync(opened, bytes.length);
  } finally {
    closeSync(opened);
  }
  renameSync(`${file}.new`, file);
}
