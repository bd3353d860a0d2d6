/** Which function does which kind of job. */
import { backupJob } from '../backup/pack.ts';
import { restoreJob } from '../backup/restore-job.ts';
import { configureJob } from '../configure/job.ts';
import { deployJob } from '../deploy/job.ts';
import { packFolderJob } from '../files/pack-folder.ts';
import { reinstallJob } from '../repair/install-job.ts';
import { upgradeJob } from '../upgrade/job.ts';
import type { JobFunction } from './job.ts';
import { JOBS, type JobKind } from './protocol.ts';

export const JOB_FUNCTIONS: { [K in JobKind]: JobFunction<K> } = {
  deploy: deployJob,
  backup: backupJob,
  pack_folder: packFolderJob,
  configure: configureJob,
  restore: restoreJob,
  upgrade: upgradeJob,
  reinstall: reinstallJob,
};

export function isJobKind(kind: string): kind is JobKind {
  return Object.hasOwn(JOBS, kind);
}
