/** A whole deploy: installed, configured, started. What is there already stays, and is looked at before anything is done. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { configure, type Written } from '../configure/write-all.ts';
import { ensureGateway, ensureGatewayLocked } from '../gateway/ensure.ts';
import { gatewayPidFile } from '../gateway/files.ts';
import { works } from '../gateway/health.ts';
import { stopGatewayLocked } from '../gateway/stop.ts';
import { installed } from '../install/install.ts';
import { appIsThere, switchVersions } from '../install/trees.ts';
import type { Job, JobFunction } from '../jobs/job.ts';
import type { JobRequestOf } from '../jobs/protocol.ts';
import { mcpDir, type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import { writeWhole } from '../state/object-file.ts';

type Request = JobRequestOf<'deploy'>;

const CONFIGURE_SECONDS = 30;
const GATEWAY_SECONDS = 150;
const STOP_MS = 20_000;

export const deployJob: JobFunction<'deploy'> = async (job, request) => {
  const { place } = job;
  for (const folder of ['logs', 'workspace'])
    mkdirSync(join(stateDir(place), folder), { recursive: true, mode: 0o700 });
  // The machine carries its name from here on: a server without records finds it by that, and pays for no second one.
  if (!existsSync(deploymentFile(place))) writeDeployment(place, request);
  const { install } = request;
  const again = await overRunning(job);
  const switched = (await installed(job, install, appIsThere, () => switchVersions(place, install))) || again;
  const written = await withLock(place, 'configure', CONFIGURE_SECONDS, () =>
    configured(job, request, { switched, again }),
  );
  const { started } = await worksWith(job, switched || written.changed === 'yes');
  job.stage('ready');
  return {
    state: 'ready',
    openclaw_version: install.openclaw_version,
    node_version: install.node_version,
    started: started ? 'yes' : 'no',
    model: written.model,
    kept_beside: written.kept_beside,
  };
};

/**
 * Whether a run before this one met a gateway that works: what it has changed since, that gateway may not know, and then it
 * proves nothing of what lies on the disk.
 */
async function overRunning({ folder, place }: Job): Promise<boolean> {
  const mark = join(folder, 'over-running');
  const again = existsSync(mark);
  if ((await livePid(gatewayPidFile(place))) !== undefined) writeWhole(mark, '');
  return again;
}

async function configured(
  { place, stage }: Job,
  request: Request,
  { switched, again }: { switched: boolean; again: boolean },
): Promise<Written> {
  stage('configure');
  // The settings of before are kept only while they are proven: the gateway was ready with them and took our token.
  const proven = !again && existsSync(settingsFile(place)) && (await works(place)) ? 'yes' : 'no';
  const written = await configure(place, { ...request, proven, switched: switched ? 'yes' : 'no' });
  for (const file of [settingsFile(place), secretsFile(place)]) chmodSync(file, 0o600);
  writeDeployment(place, request);
  return written;
}

/** @param anew whether one that runs does not know yet what it is to work with. */
async function worksWith({ place, addresses, stage }: Job, anew: boolean): Promise<{ started: boolean }> {
  if (!anew || (await livePid(gatewayPidFile(place))) === undefined)
    return ensureGateway(place, { addresses, stage });
  return withLock(place, 'gateway', GATEWAY_SECONDS, async () => {
    await stopGatewayLocked(place, STOP_MS);
    return ensureGatewayLocked(place, { addresses, stage });
  });
}

function writeDeployment(place: Place, { deployment }: Request): void {
  writeWhole(deploymentFile(place), `${JSON.stringify(deployment)}\n`);
}

const deploymentFile = (place: Place) => join(mcpDir(place), 'deployment.json');
