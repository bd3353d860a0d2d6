/**
 * Another OpenClaw under the same assistant: installed beside the old one while that works, switched with the state kept,
 * proven, and undone when it does not work.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, renameSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fillSettings } from '../configure/change.ts';
import { ensureGatewayLocked } from '../gateway/ensure.ts';
import { installed } from '../install/install.ts';
import { appIsThere, linkTarget, switchVersions, treesOf } from '../install/trees.ts';
import type { Job, JobFunction } from '../jobs/job.ts';
import type { JobReplyOf, JobRequestOf } from '../jobs/protocol.ts';
import { mcpDir, type Place, secretsFile, stateDir } from '../place.ts';
import { readText } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { writeWhole } from '../state/object-file.ts';
import { attempted, undoAttempt } from './attempt.ts';
import { changeFolder, linksBefore, nothingMoved, stepOf } from './change-folder.ts';
import {
  beginChange,
  claimChange,
  putAway,
  rememberWhatWorks,
  replaceState,
  resumeChange,
} from './change-state.ts';
import { copyTree, dropTrees } from './copy-tree.ts';
import { databaseVersions } from './databases.ts';
import { pluginsReport, updatePlugins } from './plugins.ts';

type Request = JobRequestOf<'upgrade'>;

/** A state of years is migrated at the first start; the largest seen took 12 s. */
const START_MS = 300_000;
/** Some air for the gateway beside the copy of the state; the trees had their own check. */
const SPARE_BYTES = 128 * 1024 * 1024;

export const upgradeJob: JobFunction<'upgrade'> = async (job, request) => {
  const { place } = job;
  await claimChange(job);
  if (stepOf(place) === 'begun') await installed(job, request.install, appIsThere, () => requireRoom(place));
  if (await attempted(job, () => changeVersion(job, request))) {
    rememberWhatWorks(place);
    tidy(place, request);
    return { rolled_back: 'no', ...report(place, request) };
  }
  const undone = await undoAttempt(job);
  // Perhaps its files are the reason: another try shall begin with fresh ones.
  const { app } = treesOf(place, request.install);
  if (linkTarget(place, 'current') !== `app-${request.install.openclaw_version}`) dropTrees(app);
  return { ...undone, ...report(place, request) };
};

/** @throws SidecarError `no_room_for_copy`. */
async function requireRoom(place: Place): Promise<void> {
  const kib = await new Promise<number>((resolve) => {
    execFile('du', ['-skH', stateDir(place)], (_error, stdout) => resolve(Number.parseInt(stdout, 10) || 0));
  });
  const { bavail, bsize } = statfsSync(place.home);
  if (bavail * bsize < kib * 1024 + SPARE_BYTES) throw new SidecarError('no_room_for_copy');
}

async function changeVersion(job: Job, request: Request): Promise<void> {
  const { place, addresses, stage } = job;
  const { install, restore, defaults } = request;
  if (stepOf(place) !== 'changing' || nothingMoved(place))
    await beginChange(job, restore === '' ? 'copy' : 'move');
  else await resumeChange(place);
  stage('switch');
  switchVersions(place, install);
  if (restore !== '') await bringBackState(place, restore);
  fillSettings(place, { defaults });
  await ensureGatewayLocked(place, { addresses, stage, timeoutMs: START_MS });
  const { databases, migrated } = changeFolder(place);
  writeWhole(migrated, databaseVersions(place) === readText(databases) ? 'no\n' : 'yes\n');
  await updatePlugins(job, request);
}

/** The state as this older version left it. The token and the keys are those of today. */
async function bringBackState(place: Place, version: string): Promise<void> {
  const { next, replaced } = changeFolder(place);
  if (!existsSync(next) && !existsSync(replaced)) {
    const draft = `${next}.draft`;
    dropTrees(draft);
    await copyTree(join(mcpDir(place), 'kept', version), draft);
    copyFileSync(secretsFile(place), join(draft, 'secrets.json'));
    renameSync(draft, next);
  }
  replaceState(place);
}

/** The versions of before stay, with the state as they left it: that is the way back. */
function tidy(place: Place, { install }: Request): void {
  const { node = '', app = '' } = linksBefore(place) ?? {};
  putAway(place);
  const needed = [app, node, `app-${install.openclaw_version}`, `node-${install.node_version}`];
  const trees = readdirSync(mcpDir(place)).filter((name) => /^(?:app|node)-/.test(name));
  dropTrees(...trees.filter((name) => !needed.includes(name)).map((name) => join(mcpDir(place), name)));
}

type Report = Omit<JobReplyOf<'upgrade'>, 'rolled_back' | 'cause' | 'detail' | 'before_fails'>;

function report(place: Place, { install }: Request): Report {
  const { node = '', app = '' } = linksBefore(place) ?? {};
  return {
    from: app.replace(/^app-/, ''),
    to: install.openclaw_version,
    node_from: node.replace(/^node-/, ''),
    node_to: install.node_version,
    state_migrated: readText(changeFolder(place).migrated).trim() === 'yes' ? 'yes' : 'no',
    ...pluginsReport(place),
  };
}
