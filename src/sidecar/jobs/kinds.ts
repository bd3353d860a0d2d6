/** Which function does which kind of job. */
import { backupJob } from '../backup/job.ts';
import { packFolderJob } from '../files/pack-folder.ts';
import type { JobFunction } from './job.ts';
import { JOBS, type JobKind } from './protocol.ts';

export const JOB_FUNCTIONS: { [K in JobKind]: JobFunction<K> } = {
  backup: backupJob,
  pack_folder: packFolderJob,
};

export function isJobKind(kind: string): kind is JobKind {
  return Object.hasOwn(JOBS, kind);
}
