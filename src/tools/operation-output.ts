/** One shape for everything that takes long: what a tool that began it and get_operation both return. */
import * as z from 'zod';
import { head, oneWord, plainText, wholeWords } from '../core/text.ts';
import { toldVersion } from '../core/told.ts';
import { FINISH_REASONS } from '../gateway/ports.ts';
import type { CallContext, ForeignText, ProgressUpdate, ToolOutcome } from '../mcp/define-tool.ts';
import type { OperationView, Progress } from '../operations/ports.ts';
import type { OperationRecord } from '../operations/record.ts';
import { repairSummary } from '../workflows/repair/sentences.ts';
import { configureDetails, configureFields, configureResult, pendingText } from './configure-output.ts';
import { fromOthers, isOurs, othersIn, writtenByOthers } from './from-others.ts';
import type { Services } from './services.ts';

const MAX_SAID_CHARS = 2_000;
const stage = z.object({ name: z.string(), seconds: z.number().describe('So far, for the last one.') });

/** What the kinds of operation have to say, each under one name. */
const resultSchema = z.object({
  machine_id: z.string().optional(),
  name: z.string().optional(),
  phase: z.string().optional(),
  how: z.string().optional(),
  repaired: z.array(z.string()).optional(),
  found: z.array(z.string()).optional(),
  done: z.array(z.string()).optional(),
  left: z.array(z.string()).optional().describe('What only a person can decide or do.'),
  openclaw_version: z.string().optional(),
  node_version: z.string().optional(),
  model: z.string().optional(),
  session: z.string().optional(),
  // Records of earlier versions name these otherwise.
  usage: z
    .object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() })
    .optional()
    .catch(undefined),
  finish_reason: z
    .enum(FINISH_REASONS)
    .optional()
    .catch(undefined)
    .describe('Why the model stopped; "length": its limit of output cut the reply.'),
  upgrade: z
    .object({
      from: z.string(),
      to: z.string(),
      node_from: z.string(),
      node_to: z.string(),
      state_migrated: z.boolean(),
      rolled_back: z.boolean(),
    })
    .optional(),
  backup: z
    .object({
      file: z.string().describe('On this computer; holds secrets.'),
      bytes: z.number(),
      sha256: z.string(),
      openclaw_version: z.string(),
      created_at: z.string().optional(),
    })
    .optional(),
});

export const operationOutput = z
  .object({ from_others: fromOthers })
  .extend(resultSchema.shape)
  .extend(configureResult.shape)
  .extend({
    status: z.enum(['running', 'ready', 'done', 'failed', 'cancelled']),
    operation_id: z.string(),
    kind: z.string(),
    stage: z.string(),
    stages: z.array(stage),
    elapsed_seconds: z.number(),
    notes: z.array(z.string()).describe('What was done besides the plan.'),
    next: z.string().describe('The call to make next.'),
    error: z.object({ code: z.string(), message: z.string(), said: z.string().optional() }).optional(),
    reply: z.string().optional().describe('Written by the assistant; partial while status is running.'),
  });
export type OperationOutput = z.output<typeof operationOutput>;

/** Waits for an operation on behalf of a call and renders where it stands then. */
export async function awaited(
  operationId: string,
  seconds: number | undefined,
  context: CallContext<Services>,
): Promise<ToolOutcome<OperationOutput>> {
  const { operations, clock, toolWaitMs } = context.services;
  const { progress } = context;
  const view = await operations.await(operationId, {
    waitMs: seconds === undefined ? toolWaitMs : seconds * 1000,
    signal: context.signal,
    onProgress: progress && ((seen) => progress(updateOf(seen))),
  });
  return operationOutcome(view, clock.now());
}

function updateOf({ stage: name, message, partial, elapsedSeconds, step }: Progress): ProgressUpdate {
  return {
    progress: step + elapsedSeconds / 10_000,
    message: `${name}${message === undefined ? '' : `: ${message}`} (${elapsedSeconds} s)`,
    foreign: partial ? { label: 'reply so far', text: wholeWords(partial) } : undefined,
  };
}

/** @param now milliseconds since the epoch, for what still runs. */
export function operationOutcome(
  { record, partial }: OperationView,
  now: number,
): ToolOutcome<OperationOutput> {
  const reply = record.status === 'running' ? partial && wholeWords(partial) : textOf(record.result?.reply);
  const data: OperationOutput = {
    ...described(record, now),
    ...resultFields(record),
    ...configureFields(record),
    ...(reply === undefined ? {} : { reply: plainText(reply) }),
    ...(record.error === undefined ? {} : { error: errorFields(record) }),
  };
  const foreign = [...foreignOf(record, data), ...pendingText(data)];
  const fields = othersIn(data);
  const marked = fields.length === 0 ? data : { from_others: writtenByOthers(...fields), ...data };
  return { summary: summaryOf(record, data), data: marked, foreign };
}

function described(record: OperationRecord, now: number) {
  const end = record.status === 'running' ? now : Date.parse(record.updatedAt);
  return {
    status: statusOf(record),
    operation_id: record.id,
    kind: record.kind,
    stage: record.stages.at(-1)?.name ?? 'starting',
    stages: record.stages.map(({ name, startedAt, endedAt }) => ({
      name,
      seconds: tenths((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)),
    })),
    elapsed_seconds: tenths(end - Date.parse(record.createdAt)),
    notes: record.notes,
    next: nextCall(record),
  };
}

/** What the operation's input, state and result say about it, under the names of the output. */
function resultFields(record: OperationRecord) {
  const known = {
    machine_id: wordOf(record.result?.machine_id ?? record.state.machineId ?? record.input.machineId),
    name: record.result?.name ?? record.input.name,
    phase: wordOf(record.result?.phase),
    how: record.result?.how,
    repaired: record.result?.repaired,
    found: record.result?.found,
    done: record.result?.done,
    left: record.result?.left,
    openclaw_version: versionOf(record.result?.openclaw_version),
    node_version: versionOf(record.result?.node_version),
    model: wordOf(record.result?.model ?? record.input.model),
    session: record.input.session,
    usage: record.result?.usage,
    finish_reason: record.result?.finish_reason,
    upgrade: record.result?.upgrade ?? record.state.upgrade,
    backup: record.result?.backup,
  };
  const present = Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== undefined && value !== null),
  );
  const fields = resultSchema.safeParse(present);
  return fields.success ? fields.data : {};
}

function statusOf(record: OperationRecord): OperationOutput['status'] {
  if (record.status !== 'done') return record.status;
  return record.kind === 'deploy' ? 'ready' : 'done';
}

function nextCall(record: OperationRecord): string {
  if (record.status === 'running')
    return `Call get_operation with operation_id "${record.id}"; do not repeat the call that began it.`;
  if (record.status === 'failed')
    return (record.foreign ? undefined : record.error?.next) ?? 'Call gateway_status to see what is wrong.';
  if (record.unsettled)
    return `Call cancel_operation with operation_id "${record.id}" once more: what it had made may still be there, and paid for.`;
  if (record.status === 'cancelled') return 'Nothing more to do; call the tool again if it is still wanted.';
  const machineId = wordOf(record.result?.machine_id) ?? '';
  if (['deploy', 'wake', 'upgrade', 'restore'].includes(record.kind))
    return `Call chat with machine_id "${machineId}".`;
  if (record.kind === 'repair') {
    return textsOf(record.result?.left).length === 0
      ? `Call chat with machine_id "${machineId}".`
      : 'Do what is left, then call repair_openclaw again.';
  }
  if (record.kind === 'turn')
    return `Call chat with the same session to go on, or read_session for the whole of it.`;
  if (record.kind === 'sleep')
    return 'Call chat or wake_machine when it is needed again; chat wakes it by itself.';
  return 'Nothing more to do.';
}

function errorFields({ error, foreign }: OperationRecord): OperationOutput['error'] {
  if (error === undefined) return undefined;
  const texts = foreign ? [error.message, error.next, error.foreign] : [error.foreign];
  const said = texts.filter((text) => text !== undefined).join('\n');
  const message = foreign ? NOT_OURS : error.message;
  return { code: error.code, message, ...(said !== '' && { said: head(plainText(said), MAX_SAID_CHARS) }) };
}

const NOT_OURS = 'what its record says stands below';

const VERBS: Readonly<Record<string, string>> = {
  deploy: 'Deploying OpenClaw',
  wake: 'Waking the machine',
  sleep: 'Putting the machine to sleep',
  destroy: 'Destroying the machine',
  upgrade: 'The upgrade of OpenClaw',
  backup: 'The backup',
  restore: 'The restore',
  repair: 'The repair',
  turn: 'The chat turn',
  configure: 'Configuring',
};

function summaryOf(record: OperationRecord, data: OperationOutput): string {
  const what = VERBS[record.kind] ?? record.kind;
  const where = data.machine_id === undefined ? '' : ` on machine ${data.machine_id}`;
  const took = `${data.elapsed_seconds} s`;
  const notes = record.notes.length === 0 ? '' : ` ${record.notes.join(' ')}`;
  if (record.status === 'running') {
    return `${what}${where} is still running (stage ${data.stage}, ${took}, operation_id ${record.id}).${notes} Next: ${data.next}`;
  }
  if (record.status === 'failed') {
    return `${what}${where} failed after ${took}: ${ending(data.error?.message ?? '')}${notes} Next: ${data.next}`;
  }
  if (record.status === 'cancelled') {
    const next = record.unsettled ? ` Next: ${data.next}` : '';
    return `${what}${where} was cancelled after ${took}.${notes}${next}`;
  }
  return `${what}${where} is done (${took})${record.foreign ? '' : detailsOf(data)}.${notes} Next: ${data.next}`;
}

/** Said only where the reply may be less than the person expects. */
const FINISHED: Partial<Record<NonNullable<OperationOutput['finish_reason']>, string>> = {
  length: "the reply was cut at the model's limit of output",
  content_filter: "the provider's content filter ended the reply",
};

function detailsOf(data: OperationOutput): string {
  const parts = [
    data.openclaw_version && `OpenClaw ${data.openclaw_version}`,
    data.node_version && `Node ${data.node_version}`,
    (data.kind === 'deploy' || data.kind === 'configure') &&
      data.model &&
      isOurs(data.model) &&
      `model ${data.model}`,
    data.upgrade && `before: OpenClaw ${data.upgrade.from}, Node ${data.upgrade.node_from}`,
    data.backup && `file ${data.backup.file} (${data.backup.bytes} bytes, sha256 ${data.backup.sha256})`,
    data.phase && `phase ${data.phase}`,
    data.finish_reason && FINISHED[data.finish_reason],
    data.found && repairSummary(data.found, data.done ?? [], data.left ?? []),
    data.repaired &&
      (data.repaired.length === 0 ? 'nothing had to be repaired' : `repaired: ${data.repaired.join(', ')}`),
    ...configureDetails(data),
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function foreignOf(record: OperationRecord, data: OperationOutput): ForeignText[] {
  const { reply, error } = data;
  const noted = [...(record.said ?? []), record.foreign ? detailsOf(data).replace(/^: /, '') : ''].join('\n');
  const said = textOf(record.result?.said);
  const blocks = [
    { label: record.status === 'running' ? 'reply so far' : 'reply of the assistant', text: reply },
    { label: 'what programs on the machine said', text: said },
    { label: 'what the other side said', text: record.foreign ? error?.said : record.error?.foreign },
    { label: 'what was noted in its record', text: noted.trim() || undefined },
  ];
  return blocks.flatMap(({ label, text }) => (text === undefined ? [] : [{ label, text }]));
}

function ending(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function textsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A release without words of anybody's. */
function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' ? (toldVersion(value) ?? '(unreadable)') : undefined;
}

/** What a machine says of itself stands in our sentences only as a plain word. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' ? oneWord(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function tenths(ms: number): number {
  return Math.max(0, Math.round(ms / 100) / 10);
}
