/** Makes the running gateway take changed settings, by itself where it can, and proves that it works with them. */
import process from 'node:process';
import { systemClock } from '../../core/clock.ts';
import { gatewayOutput } from '../gateway/files.ts';
import { readiness } from '../gateway/health.ts';
import { untilWorks } from '../gateway/launch.ts';
import type { Job } from '../jobs/job.ts';
import type { JobReplyOf, JobRequestOf } from '../jobs/protocol.ts';
import { readUpTo } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import type { Written } from './written.ts';

export interface Change extends Written {
  job: Job;
  request: JobRequestOf<'configure'>;
  /** Undefined where none was installed. */
  plugin: { before: string | undefined } | undefined;
}

/** The code of what `proveSettings` throws; it never leaves the job. */
export const NOT_PROVED = 'not_proved';

const PROVE_MS = 60_000;
/** The call gives up by itself before. */
const MODEL_MS = 120_000;
const RELOAD_MS = 20_000;
const LOOK_MS = 200;
const MOST_PRINTED = 256 * 1024;
const MAX_SAID = 3_000;

export async function applySettings(
  change: Change,
  restart: () => Promise<void>,
): Promise<JobReplyOf<'configure'>['applied']> {
  const { job, request, plugin, configChanged, secretsChanged } = change;
  if ((await readiness(job.place)) === 'yes') {
    if (!configChanged && !secretsChanged && plugin === undefined) return 'none';
    if (request.hot && (await reloads(change))) return 'hot';
  }
  await restart();
  return 'restart';
}

/** A change of the file is seen by the gateway itself; a change of a secret has to be told. */
async function reloads(change: Change): Promise<boolean> {
  const { job, request, plugin, configChanged, secretsChanged } = change;
  // Of a plugin that was loaded before, or that no change of settings asks for, only a start takes the new files.
  if (plugin !== undefined && (!configChanged || plugin.before !== undefined)) return false;
  // Nobody promises that a channel notices a new token behind settings that stay the same.
  if (!configChanged && request.restart_for_secrets) return false;
  if (configChanged && !(await reloadedConfig(change))) return false;
  if (secretsChanged && !(await askOpenClaw(job.place, ['secrets', 'reload', '--json'])).ok) return false;
  return (await readiness(job.place)) === 'yes';
}

/** 2026.9.6 prints it a second or two after the write. */
async function reloadedConfig({ job, printedBefore }: Change): Promise<boolean> {
  const begun = systemClock.elapsed();
  do {
    const said = readUpTo(gatewayOutput(job.place), MOST_PRINTED, printedBefore) ?? '';
    const lines = said.split('\n').filter((line) => line.includes('config'));
    if (lines.some((line) => line.includes('hot reload applied'))) return true;
    if (lines.some((line) => /requires gateway restart|reload (?:skipped|failed|disabled)/.test(line)))
      return false;
    await systemClock.sleep(LOOK_MS);
  } while (systemClock.elapsed() - begun < RELOAD_MS);
  return false;
}

/**
 * Ready, takes our token and, where models or keys changed, answers through one of them: a bare model call of about a
 * hundred tokens, without prompt, tools or a session that stays.
 * @throws SidecarError NOT_PROVED, with what was said to the model call.
 */
export async function proveSettings({ job, request }: Change): Promise<void> {
  if (!(await untilWorks(job.place, PROVE_MS))) throw new SidecarError(NOT_PROVED);
  if (!request.prove_model) return;
  const params = {
    message: 'Reply with: ok',
    agentId: 'main',
    modelRun: true,
    promptMode: 'none',
    idempotencyKey: `${job.id}-${process.pid}`,
  };
  const call = ['gateway', 'call', 'agent', '--json', '--expect-final', '--timeout', '90000'];
  const { ok, text } = await askOpenClaw(job.place, [...call, '--params', JSON.stringify(params)], {
    timeoutMs: MODEL_MS,
  });
  if (!ok) throw new SidecarError(NOT_PROVED, text.slice(-MAX_SAID));
}
