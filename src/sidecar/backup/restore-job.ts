/**
 * A backup becomes the state of this machine's assistant; can be killed at any moment, and puts the old state back when the
 * gateway does not work with the new one.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGatewayLocked } from '../gateway/ensure.ts';
import type { Job, JobFunction } from '../jobs/job.ts';
import type { JobRequestOf } from '../jobs/protocol.ts';
import { mcpDir, settingsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { attempted, undoAttempt } from '../upgrade/attempt.ts';
import { changeFolder, stepOf } from '../upgrade/change-folder.ts';
import {
  beginChange,
  claimChange,
  putAway,
  rememberWhatWorks,
  replaceState,
  resumeChange,
} from '../upgrade/change-state.ts';
import { dropTrees } from '../upgrade/copy-tree.ts';
import { pluginsReport, updatePlugins } from '../upgrade/plugins.ts';
import { unpackBackup } from './unpack.ts';

/** A state of years is migrated at the first start, which a busy machine may need three of; the largest seen took 12 s. */
const START_MS = 600_000;

export const restoreJob: JobFunction<'restore'> = async (job, request) => {
  const { place, id, stage } = job;
  if (!statSync(settingsFile(place), { throwIfNoEntry: false })?.size)
    throw new SidecarError('not_configured');
  await claimChange(job);
  if (stepOf(place) === 'begun' && !existsSync(changeFolder(place).next)) {
    stage('unpack');
    // Whatever fails here has changed nothing, and leaves nothing behind.
    await unpackBackup(place, { ...request.backup, job: id });
  }
  const done = await attempted(job, () => putInPlace(job, request));
  const outcome = done ? finished(job) : await undoAttempt(job);
  // The outcome stands by now: a transfer that cannot be removed must not make a failure of what has worked.
  dropTrees(join(mcpDir(place), 'transfer', id));
  return outcome;
};

async function putInPlace(job: Job, request: JobRequestOf<'restore'>): Promise<void> {
  const { place, addresses, stage } = job;
  if (stepOf(place) === 'changing') await resumeChange(place);
  else await beginChange(job, 'move');
  replaceState(place);
  await ensureGatewayLocked(place, { addresses, stage, timeoutMs: START_MS });
  // Those in the backup are of the version that it was made with.
  await updatePlugins(job, request);
}

function finished({ place }: Job) {
  rememberWhatWorks(place);
  const report = { rolled_back: 'no' as const, ...pluginsReport(place) };
  // The one before stays until the new one stands.
  putAway(place);
  return report;
}
