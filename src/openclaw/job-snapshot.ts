/** Reads what `read-job` printed about a detached job. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { toldOneOf } from '../core/told.ts';
import type { JobSnapshot, JobStage } from './ports.ts';
import { explainScriptError } from './script-errors.ts';
import type { ScriptOutput } from './script-output.ts';

// All that jobs of ours go through; a stage is named in our own sentences.
const STAGES = [
  ...[
    'prepare',
    'node',
    'openclaw',
    'configure',
    'start',
    'check',
    'apply',
    'write',
    'plugin',
    'stop',
    'keep',
  ],
  ...['switch', 'undo', 'ready', 'pack', 'restore', 'resumed', 'unpack', 'verify', 'work'],
];
const MAX_STAGES = 40;

const output = z.object({
  state: z.enum(['unknown', 'running', 'done', 'failed', 'lost']),
  now: z.coerce.number().min(0).max(Number.MAX_SAFE_INTEGER),
});

/** @throws AppError `command_failed` when it is not what `read-job` prints. */
export function jobSnapshot({ values, blobs }: ScriptOutput): JobSnapshot {
  const read = output.safeParse(values);
  if (!read.success) throw new AppError('command_failed', "The machine's account of a job cannot be read");
  const { state, now } = read.data;
  return {
    state,
    stages: stages(values, state === 'running' ? now : undefined),
    result: state === 'done' ? { ...resultOf(values), ...resultOf(blobs) } : {},
    error: state === 'failed' ? failure(values, blobs) : undefined,
    log: blobs.log,
  };
}

function stages(values: Readonly<Record<string, string>>, now: number | undefined): JobStage[] {
  const begun: { name: string; startedAt: number }[] = [];
  for (let index = 0; index < MAX_STAGES; index++) {
    const [, at, name] = /^(\d{1,15}) ([a-z_-]{1,40})$/.exec(values[`stage.${index}`] ?? '') ?? [];
    if (at === undefined || name === undefined) break;
    begun.push({ name: toldOneOf(STAGES, name, 'work'), startedAt: Number(at) });
  }
  return begun.map((stage, index) => {
    const end = begun[index + 1]?.startedAt ?? now;
    // A machine's clock may be set back while it works.
    return { ...stage, seconds: end === undefined ? undefined : Math.max(0, end - stage.startedAt) / 1000 };
  });
}

function resultOf(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith('result.') ? [[name.slice('result.'.length), value]] : [],
    ),
  );
}

function failure(values: ScriptOutput['values'], blobs: ScriptOutput['blobs']): AppError {
  return explainScriptError(
    values['result.error'] ?? 'unexpected',
    blobs['result.detail'] ?? blobs.log ?? '',
  );
}
