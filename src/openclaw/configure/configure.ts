/** A machine's settings: shown without a secret, changed by a job that proves or undoes itself, and requests answered. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import { isToldPath, toldVersion } from '../../core/text.ts';
import type { JobRequestOf, ReplyOf, RequestOf } from '../../sidecar/protocol.ts';
import type { OpenClawDeps } from '../openclaw-service.ts';
import { askSidecar, startJob } from '../sidecar/ask-sidecar.ts';
import type { ChangePlan, PresentSettings } from './plan.ts';

const SHOW_MS = 20_000;
/** Each question to OpenClaw's command line takes one to three seconds, on a busy machine ten. */
const LIVE_MS = { channels: 45_000, all: 180_000 };
const ANSWER_MS = 180_000;

/** What only a running gateway tells, as its command line answered; foreign data, to be read with care. */
export type LiveAnswers = NonNullable<ReplyOf<'show'>['live']>;

export interface ShownSettings extends PresentSettings {
  /** Whether the settings are written in a form of their own, with comments perhaps. */
  comments: boolean;
  home: string;
  port: number;
  /** Undefined when it was not asked for, or the gateway is not ready. */
  live: LiveAnswers | undefined;
}

/** To a request that waits for its owner. */
export type Answer = RequestOf<'answer_requests'>['answers'][number];
export type AnswerOutcome = Answer & ReplyOf<'answer_requests'>['answers'][number];

export type ConfigureService = ReturnType<typeof configureService>;

export function configureService(deps: OpenClawDeps) {
  return {
    /** @throws AppError `conflict` when OpenClaw is not installed or configured, or its settings are no JSON. */
    async show(
      machineId: string,
      { signal, live }: WaitOptions & { live?: 'channels' | 'all' | undefined } = {},
    ): Promise<ShownSettings> {
      const timeoutMs = live === undefined ? SHOW_MS : LIVE_MS[live];
      const how = { timeoutMs, rerunnable: true, signal };
      const request = { live: live ?? 'nothing' } as const;
      return shownSettings(await askSidecar(deps.machines, machineId, 'show', request, how));
    },
    /** Starts or joins the detached job; read it with readJob, its outcome with changeOutcome. */
    async startChange(
      machineId: string,
      jobId: string,
      plan: ChangePlan,
      { signal }: WaitOptions = {},
    ): Promise<void> {
      const request = changeRequest(plan, deps.npmRegistry);
      await startJob(deps, machineId, { id: jobId, kind: 'configure', request }, { signal });
    },
    async answer(
      machineId: string,
      answers: readonly Answer[],
      { signal }: WaitOptions = {},
    ): Promise<AnswerOutcome[]> {
      const how = { timeoutMs: ANSWER_MS, rerunnable: false, signal };
      const request = { answers: answers.map((answer) => ({ ...answer })) };
      const told = await askSidecar(deps.machines, machineId, 'answer_requests', request, how);
      return answers.map((answer, index) => ({
        ...answer,
        ...(told.answers[index] ?? { accepted: false, said: '' }),
      }));
    },
  };
}

function changeRequest(plan: ChangePlan, registry: string): JobRequestOf<'configure'> {
  return {
    patch: plan.patch,
    secrets: { ...plan.secrets },
    checks: plan.checks.map((check) => ({ ...check, headers: [...check.headers] })),
    plugin: plan.plugin ?? '',
    registry,
    hot: plan.hot && !plan.restart,
    prove_model: plan.proveModel,
    restart_for_secrets: plan.restartForSecrets,
  };
}

const facts = z.object({
  home: z.string().refine(isToldPath),
  port: z.coerce.number().int().min(1).max(65_535),
  openclaw_version: z.string().transform(toldVersion).pipe(z.string()),
});

/** @throws AppError `command_failed` where it says what no machine is. */
export function shownSettings(shown: ReplyOf<'show'>): ShownSettings {
  const read = facts.safeParse(shown);
  if (!read.success) {
    throw new AppError('command_failed', "The machine's account of its settings cannot be read");
  }
  const { settings, live } = shown;
  return {
    home: read.data.home,
    port: read.data.port,
    openclawVersion: read.data.openclaw_version,
    secretNames: settings.secret_names,
    config: settings.config,
    comments: settings.comments === 'yes',
    live,
  };
}

/** How the machine names a copy of settings that a change could not carry over whole; the name stands in our sentences. */
export const KEPT_NAME = /^openclaw\.json\.before-[0-9T-]{10,25}$/;

const outcome = z.object({
  /** How the running gateway took it. */
  applied: z.enum(['none', 'hot', 'restart']),
  /** Models and channels whose other side could not be asked. */
  unchecked: z.string().transform((subjects) => subjects.split(' ').filter((subject) => subject !== '')),
  /** The name of the copy beside the settings, where the new ones have lost comments of the old. */
  kept_beside: z.string().regex(KEPT_NAME).optional().catch(undefined),
});
export type ChangeOutcome = z.output<typeof outcome>;

/** @throws AppError `command_failed` when it is not what the job prints. */
export function changeOutcome(result: Readonly<Record<string, string>>): ChangeOutcome {
  const read = outcome.safeParse(result);
  if (!read.success) throw new AppError('command_failed', "The machine's account of a change cannot be read");
  return read.data;
}

/** What a person is told where there is such a copy. */
export const keptNote = (name: string): string =>
  `The settings file could not be kept as it was written: what stood there before lies beside it as ${name}.`;

/** Said before settings of such a form are changed. */
export const COMMENTS_NOTE =
  'The settings file has comments or a form of its own: they are kept where that can be done, else the old file stays beside the new one.';
