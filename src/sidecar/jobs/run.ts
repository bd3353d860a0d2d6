/** A job's own process: does the work, and marks its end whole or not at all. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { inspect } from 'node:util';
import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import type { Place } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { dropTrees } from '../upgrade/copy-tree.ts';
import { type JobFiles, jobFiles, writeEnd, writeStage } from './files.ts';
import type { Job } from './job.ts';
import { isJobKind, JOB_FUNCTIONS } from './kinds.ts';
import { JOBS, type JobKind, type JobRequestOf } from './protocol.ts';
import { failureOf, resultText } from './result.ts';

/** What `job_start` wrote. */
const asked = z.object({
  kind: z.string(),
  request: z.unknown(),
  addresses: z.record(z.string(), z.string()),
});

type Values = Readonly<Record<string, string | undefined>>;

/**
 * What goes wrong is the job's result.
 * @throws where its end cannot be written: then it has none, and is `lost`. What has worked is never told as failed.
 */
export async function runJob(place: Place, id: string): Promise<void> {
  const files = jobFiles(place, id);
  const [status, result] = await outcome(place, id, files);
  // Before anything is tidied.
  writeEnd(files, status, result);
  dropTrees(files.work);
}

async function outcome(place: Place, id: string, files: JobFiles): Promise<[status: 0 | 1, result: string]> {
  try {
    return [0, resultText(await work(place, id, files))];
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${inspect(error)}\n`);
    return [1, resultText(failureOf(error))];
  }
}

async function work(place: Place, id: string, files: JobFiles): Promise<Values> {
  const text = readFileSync(files.request, 'utf8');
  rmSync(files.request);
  const { kind, request, addresses } = asked.parse(parseJson(text));
  if (!isJobKind(kind)) throw new SidecarError('bad_request');
  // Seen by what this process starts, and by nobody who looks at this one.
  Object.assign(process.env, addresses);
  dropTrees(files.work);
  mkdirSync(files.work, { mode: 0o700 });
  const stage = (name: string) => writeStage(files, name);
  return run(kind, { id, place, work: files.work, folder: files.folder, addresses, stage }, request);
}

async function run<K extends JobKind>(kind: K, job: Job, request: unknown): Promise<Values> {
  const read = JOBS[kind].request.safeParse(request);
  if (!read.success) throw new SidecarError('bad_request');
  return { ...(await JOB_FUNCTIONS[kind](job, read.data as JobRequestOf<K>)) };
}
