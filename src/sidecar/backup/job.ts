/** The state as one encrypted file that is then read in pieces. The gateway goes on working. */
import type { JobFunction } from '../jobs/job.ts';
import { packBackup } from './pack.ts';

export const backupJob: JobFunction<'backup'> = async ({ id, place, stage }, request) => {
  stage('pack');
  return { packed: JSON.stringify(await packBackup(place, { job: id, ...request })) };
};
