/** What the function of a job is given, and what each kind of job takes and answers. */
import type { Addresses } from '../gateway/files.ts';
import type { Place } from '../place.ts';
import type { JobKind, JobReplyOf, JobRequestOf } from './protocol.ts';

export interface Job {
  id: string;
  place: Place;
  /** The job's own folder for work, empty when a run begins; gone with the job. */
  work: string;
  /** The job's folder, where what a later run of the same id must know is kept. */
  folder: string;
  /** What OpenClaw is to see where it is started. */
  addresses: Addresses;
  /** Says what is done from here on. */
  stage(name: string): void;
}

/**
 * Each step looks before it acts, so that the same job, started again after a kill at any moment, goes on where it stopped.
 * @throws SidecarError for what is expected to go wrong.
 */
export type JobFunction<K extends JobKind> = (job: Job, request: JobRequestOf<K>) => Promise<JobReplyOf<K>>;
