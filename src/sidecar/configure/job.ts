/**
 * One change of the gateway's settings and secrets: checked, written at once, applied, proved, and taken back when the
 * gateway does not work with it. Started again after a kill, it first restores what there was.
 */
import { ensureGatewayLocked, prerequisites } from '../gateway/ensure.ts';
import { lastPrinted } from '../gateway/files.ts';
import { FULL_DISK } from '../gateway/full-disk.ts';
import { hasRoom } from '../gateway/memory.ts';
import { stopGatewayLocked } from '../gateway/stop.ts';
import { installPlugin, missingPlugin } from '../install/plugins.ts';
import type { Job, JobFunction } from '../jobs/job.ts';
import type { JobReplyOf, JobRequestOf } from '../jobs/protocol.ts';
import { lock, withLock } from '../process/lock.ts';
import { SidecarError } from '../sidecar-error.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { rememberSettings } from '../state/settings.ts';
import { applySettings, type Change, NOT_PROVED, proveSettings } from './apply.ts';
import { type Drafts, draftChange, dropDraft } from './change.ts';
import { outsideChecks } from './outside-checks.ts';
import { forgetKept, isHalfDone, restoreSettings, writeDrafts } from './written.ts';

type Request = JobRequestOf<'configure'>;

const CONFIGURE_SECONDS = 60;
const GATEWAY_SECONDS = 150;
const VALIDATE_MS = 120_000;
const STOP_MS = 20_000;

export const configureJob: JobFunction<'configure'> = async (job, request) => {
  const { place } = job;
  job.stage('prepare');
  dropDraft(place);
  prerequisites(place);
  // What a killed run of this job left half done was never proved.
  if (isHalfDone(job)) restoreSettings(job);
  if (!hasRoom(place)) throw new SidecarError('change_needs_room');
  const plugin = request.plugin === '' ? undefined : await requirePlugin(job, request);
  // Given back when this process ends, at the latest.
  const unlockConfigure = await lock(place, 'configure', CONFIGURE_SECONDS);
  const { drafts, unchecked } = await checkedDrafts(job, request);
  job.stage('write');
  // Until this job ends: whoever finds the gateway stopped meanwhile would start it with settings that are not proved.
  return withLock(place, 'gateway', GATEWAY_SECONDS, async () => {
    const written = writeDrafts(job, drafts);
    unlockConfigure();
    const applied = await applyOrRestore({ job, request, plugin, ...written });
    return { applied, unchecked: unchecked.join(' '), kept_beside: written.keptBeside };
  });
};

async function requirePlugin(job: Job, { plugin, registry }: Request): Promise<Change['plugin']> {
  const missing = await missingPlugin(job.place, plugin);
  if (missing === undefined) return undefined;
  job.stage('plugin');
  const { ok, text } = await installPlugin(job.place, plugin, registry);
  if (!ok) throw new SidecarError('plugin_install_failed', text);
  return missing;
}

async function checkedDrafts(
  job: Job,
  { patch, secrets, checks }: Request,
): Promise<{ drafts: Drafts; unchecked: string[] }> {
  const { place, work } = job;
  const drafts = draftChange(place, work, { patch, secrets });
  job.stage('check');
  try {
    await validate(job, drafts);
    return { drafts, unchecked: await outsideChecks(place, work, checks, drafts.secretValues) };
  } catch (error) {
    dropDraft(place);
    throw error;
  }
}

/** Through OpenClaw itself: only this release knows what it accepts. */
async function validate({ place }: Job, { settings }: Drafts): Promise<void> {
  const how = { env: { OPENCLAW_CONFIG_PATH: settings }, timeoutMs: VALIDATE_MS };
  const { ok, text } = await askOpenClaw(place, ['config', 'validate', '--json'], how);
  if (!ok) throw new SidecarError('config_refused', text);
}

async function applyOrRestore(change: Change): Promise<JobReplyOf<'configure'>['applied']> {
  const { job } = change;
  const { place } = job;
  job.stage('apply');
  try {
    const applied = await applySettings(change, () => restart(job));
    await proveSettings(change);
    // What is proved is what a repair goes back to.
    rememberSettings(place);
    forgetKept(job);
    return applied;
  } catch (error) {
    const modelSaid = error instanceof SidecarError && error.code === NOT_PROVED ? error.detail : '';
    job.stage('restore');
    const gatewaySaid = lastPrinted(place);
    restoreSettings(job);
    try {
      await restart(job);
    } catch {
      throw new SidecarError('change_not_undone', gatewaySaid);
    }
    if (!hasRoom(place) || FULL_DISK.test(modelSaid) || FULL_DISK.test(gatewaySaid))
      throw new SidecarError('change_met_full_disk');
    if (modelSaid !== '') throw new SidecarError('model_unusable', modelSaid);
    throw new SidecarError('change_undone', gatewaySaid);
  }
}

async function restart({ place, addresses, stage }: Job): Promise<void> {
  await stopGatewayLocked(place, STOP_MS);
  await ensureGatewayLocked(place, { addresses, stage });
}
