/** Says how a detached job stands, and waits here for a change, which costs no request to the cloud. */
import { systemClock } from '../../core/clock.ts';
import type { Place } from '../place.ts';
import { livePid } from '../process/identity.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { readUpTo } from '../read-text.ts';
import { type JobFiles, type JobState, jobFiles, jobState } from './files.ts';
import { readResult } from './result.ts';

const LOOK_MS = 100;
/** Whether its process lives is asked more rarely: on a machine without /proc each such look is a process. */
const LOOKS_PER_STATE = 10;
/** Far more than any job of ours writes. */
const MAX_JOURNAL = 16 * 1024;
const MAX_RESULT = 256 * 1024;
const MAX_LOG = 6_000;

export async function readJob(
  place: Place,
  { id, seen_stages, wait_ms }: RequestOf<'job_read'>,
): Promise<ReplyOf<'job_read'>> {
  const files = jobFiles(place, id);
  const seen = seen_stages ?? stagesOf(files).length;
  const begun = systemClock.elapsed();
  let state = await seenState(files);
  for (let looks = 1; state === 'running' && stagesOf(files).length <= seen; looks++) {
    if (systemClock.elapsed() - begun >= wait_ms) break;
    await systemClock.sleep(LOOK_MS);
    if (looks % LOOKS_PER_STATE === 0 || readUpTo(files.exit, 1)) state = await seenState(files);
  }
  return told(files, state);
}

/** A job that is about to begin is no unknown one: its machine has a Node since a moment ago. */
async function seenState(files: JobFiles): Promise<JobState> {
  const state = await jobState(files);
  if (state !== 'unknown') return state;
  // Where that process has ended, the job may have begun since the first look.
  return (await livePid(files.fetching)) === undefined ? jobState(files) : 'running';
}

function told(files: JobFiles, state: JobState): ReplyOf<'job_read'> {
  const ended = state === 'done' || state === 'failed';
  const unwell = state === 'failed' || state === 'lost';
  return {
    state,
    now: systemClock.now(),
    stages: stagesOf(files),
    result: ended ? readResult(readUpTo(files.result, MAX_RESULT) ?? '') : {},
    log: unwell ? (readUpTo(files.log, MAX_LOG, 'end') ?? '') : '',
  };
}

function stagesOf({ journal }: JobFiles): { name: string; at: number }[] {
  return (readUpTo(journal, MAX_JOURNAL) ?? '').split('\n').flatMap((line) => {
    const [, at, name] = /^(\d{1,15}) ([a-z_-]{1,40})$/.exec(line) ?? [];
    return at === undefined || name === undefined ? [] : [{ name, at: Number(at) }];
  });
}
