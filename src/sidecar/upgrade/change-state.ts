/** Replaces what the assistant runs on so that it can be undone after a kill at any moment. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGateway } from '../gateway/ensure.ts';
import { stopGatewayLocked } from '../gateway/stop.ts';
import { linkTarget, switchLink } from '../install/trees.ts';
import { jobFiles } from '../jobs/files.ts';
import type { Job } from '../jobs/job.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import { readText } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject, writeWhole } from '../state/object-file.ts';
import { rememberSettings } from '../state/settings.ts';
import { changeFolder, linksBefore, nothingMoved, stepOf, writeStep } from './change-folder.ts';
import { copyTree, dropTrees } from './copy-tree.ts';
import { databaseVersions } from './databases.ts';

const CLAIM_SECONDS = 30;
const GATEWAY_SECONDS = 150;
const STOP_MS = 90_000;
const STOP_FAILED_MS = 20_000;

/**
 * Makes this job the one that changes things here. What another job left half done is undone first.
 * @throws SidecarError `locked` while that one is at work.
 */
export async function claimChange({ id, place, addresses, stage }: Job): Promise<void> {
  const change = changeFolder(place);
  await withLock(place, 'change', CLAIM_SECONDS, async () => {
    const owner = readText(change.job).trim();
    if (owner !== '' && owner !== id) {
      if ((await livePid(jobFiles(place, owner).pid)) !== undefined) throw new SidecarError('locked');
      if (['changing', 'undoing'].includes(stepOf(place))) {
        await undoChange(place, stage);
        // Whatever it says, what comes now is another change.
        await ensureGateway(place, { addresses, stage }).catch(() => {});
      }
      // Its change stands; whoever made it was ended before it had tidied up.
      if (stepOf(place) === 'done') putAway(place);
      dropTrees(change.folder);
    }
    mkdirSync(change.folder, { recursive: true, mode: 0o700 });
    writeWhole(change.job, `${id}\n`);
  });
}

/** The change itself, in which nobody else starts the gateway. */
export function whileHoldingGateway<T>(place: Place, work: () => Promise<T>): Promise<T> {
  return withLock(place, 'gateway', GATEWAY_SECONDS, work);
}

/**
 * Ends the gateway and keeps what is needed to go back. Until `changing` this begins anew each time, since the gateway may
 * have worked in between. For who holds the lock `gateway`.
 * @param keeping whether the state goes on being used or will be replaced as a whole.
 */
export async function beginChange({ place, stage }: Job, keeping: 'copy' | 'move'): Promise<void> {
  const change = changeFolder(place);
  stage('stop');
  await stopGatewayLocked(place, STOP_MS);
  stage('keep');
  dropTrees(change.state, `${change.state}.new`);
  if (keeping === 'copy') await copyTree(stateDir(place), change.state);
  // One of the links may have moved already when this begins anew.
  if (stepOf(place) !== 'changing')
    writeWhole(change.from, `${linkTarget(place, 'node')} ${linkTarget(place, 'current')}\n`);
  writeWhole(change.databases, databaseVersions(place));
  writeWhole(change.room, Buffer.alloc(ROOM_BYTES, '\n'));
  writeStep(place, 'changing');
}

/** After a run that was killed somebody may have started the gateway, with old links or new. For who holds the lock. */
export async function resumeChange(place: Place): Promise<void> {
  await stopGatewayLocked(place, STOP_MS);
}

/** `next` becomes the state; what was the state is kept aside until the change is over. */
export function replaceState(place: Place): void {
  const { next, replaced } = changeFolder(place);
  if (!existsSync(next)) return; // done by a run that was killed
  if (existsSync(replaced)) rmSync(stateDir(place), { recursive: true, force: true });
  else renameSync(stateDir(place), replaced);
  renameSync(next, stateDir(place));
}

/** What a repair falls back to: the settings, and the versions where the links are gone. */
export function rememberWhatWorks(place: Place): void {
  rememberSettings(place);
  const file = join(mcpDir(place), 'deployment.json');
  const deployed = readObject(file);
  if (!('value' in deployed)) return;
  const nodeVersion = linkTarget(place, 'node').replace(/^node-/, '');
  const openclawVersion = linkTarget(place, 'current').replace(/^app-/, '');
  writeWhole(file, `${JSON.stringify({ ...deployed.value, nodeVersion, openclawVersion })}\n`);
}

/**
 * What a change leaves: the state as the version before had left it, which is the way back, and the one that was replaced,
 * each in the place of the one that the change before had left.
 */
export function putAway(place: Place): void {
  const { state, replaced } = changeFolder(place);
  const version = linksBefore(place)?.app.replace(/^app-/, '');
  if (existsSync(state) && version !== undefined) {
    const kept = join(mcpDir(place), 'kept');
    dropTrees(kept);
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    renameSync(state, join(kept, version));
  }
  const kept = join(mcpDir(place), 'replaced');
  if (!existsSync(replaced)) return;
  dropTrees(kept);
  if (!existsSync(kept)) renameSync(replaced, kept);
}

/** Far more than its small files are, each of which takes a block. */
const ROOM_BYTES = 256 * 1024;

/** On a disk that something has filled an undoing could not even be noted, and the next run would try once more. */
export function giveRoom(place: Place): void {
  rmSync(changeFolder(place).room, { force: true });
}

/** Everything as it was before, with the gateway down. @throws SidecarError `locked`, `port_taken`. */
export async function undoChange(place: Place, stage: Job['stage']): Promise<void> {
  const change = changeFolder(place);
  if (stepOf(place) !== 'undone') {
    giveRoom(place);
    dropUnusedCopy(place);
    writeStep(place, 'undoing');
    stage('undo');
    await withLock(place, 'gateway', GATEWAY_SECONDS, async () => {
      await stopGatewayLocked(place, STOP_FAILED_MS);
      const before = linksBefore(place);
      if (before !== undefined) {
        switchLink(before.node, join(mcpDir(place), 'node'));
        switchLink(before.app, join(mcpDir(place), 'current'));
      }
      for (const kept of [change.state, change.replaced]) putBack(place, kept);
      writeStep(place, 'undone');
    });
  }
  dropTrees(change.failed, change.next, `${change.next}.new`, `${change.state}.new`);
}

/** Of a state that is in use still, the copy is the older one. */
function dropUnusedCopy(place: Place): void {
  const step = stepOf(place);
  if (step === 'undoing' || (step === 'changing' && !nothingMoved(place))) return;
  rmSync(changeFolder(place).state, { recursive: true, force: true });
}

function putBack(place: Place, kept: string): void {
  const { failed } = changeFolder(place);
  if (!statSync(kept, { throwIfNoEntry: false })?.isDirectory()) return;
  dropTrees(failed);
  if (existsSync(stateDir(place))) renameSync(stateDir(place), failed);
  renameSync(kept, stateDir(place));
}
