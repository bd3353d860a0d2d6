/** Reads what a machine tells of a detached job. */
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import { toldOneOf } from '../../core/text.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import type { JobSnapshot, JobStage } from '../ports.ts';
import { type BootstrapOutput, parseLines } from './bootstrap-output.ts';
import { explainMachineError } from './machine-errors.ts';

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

/** @param told by the machine's own program, or by what stands in for it where there is no Node. */
export function jobSnapshot(told: ReplyOf<'job_read'>): JobSnapshot {
  const { state, now, result, log } = told;
  return {
    state,
    stages: stages(told, state === 'running' ? now : undefined),
    result: state === 'done' ? result : {},
    error:
      state === 'failed'
        ? explainMachineError(result.error ?? 'unexpected', result.detail ?? log)
        : undefined,
    log: log === '' ? undefined : log,
  };
}

function stages({ stages: begun }: ReplyOf<'job_read'>, now: number | undefined): JobStage[] {
  return begun.slice(0, MAX_STAGES).map(({ name, at }, index, all) => {
    const end = all[index + 1]?.at ?? now;
    return {
      name: toldOneOf(STAGES, name, 'work'),
      startedAt: at,
      // A machine's clock may be set back while it works.
      seconds: end === undefined ? undefined : Math.max(0, end - at) / 1000,
    };
  });
}

const bare = z.object({
  job_state: z.enum(['unknown', 'running', 'failed', 'lost']),
  now: z.coerce.number().min(0).max(Number.MAX_SAFE_INTEGER),
});

/** Of a job on a machine that has no Node yet. @throws AppError `command_failed` when it is not what the bootstrap prints. */
export function bareJob({ values, blobs }: BootstrapOutput): ReplyOf<'job_read'> {
  const read = bare.safeParse(values);
  if (!read.success) throw new AppError('command_failed', "The machine's account of a job cannot be read");
  const journal = (blobs.job_journal ?? '').split('\n').flatMap((line) => {
    const [, at, name] = /^(\d{1,15}) ([a-z_-]{1,40})$/.exec(line) ?? [];
    return at === undefined || name === undefined ? [] : [{ at: Number(at), name }];
  });
  const said = parseLines(blobs.job_result ?? '');
  return {
    state: read.data.job_state,
    now: read.data.now,
    stages: journal,
    result: { ...said?.values, ...said?.blobs },
    log: blobs.job_log ?? '',
  };
}
