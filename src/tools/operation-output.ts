/** One shape for everything that takes long: what a tool that began it and get_operation both return. */
import * as z from 'zod';
import { head, plainText, wholeWords } from '../core/text.ts';
import type { CallContext, ForeignText, ProgressUpdate, ToolOutcome } from '../mcp/define-tool.ts';
import type { Described, Kind } from '../operations/kind.ts';
import type { OperationView, Progress } from '../operations/ports.ts';
import type { OperationRecord } from '../operations/record.ts';
import { KINDS } from '../workflows/kinds.ts';
import { fromOthers, writtenByOthers } from './fields.ts';
import type { Services } from './services.ts';

const MAX_SAID_CHARS = 2_000;
const stage = z.object({ name: z.string(), seconds: z.number().describe('So far, for the last one.') });

/** What the kinds of operation have to say, each under one name. */
const resultShape: z.core.$ZodLooseShape = Object.assign(
  {},
  ...KINDS.map(({ result }) => result.partial().shape),
);

export const operationOutput = z.object({
  from_others: fromOthers,
  ...resultShape,
  machine_id: z.string().optional(),
  status: z.enum(['running', 'ready', 'done', 'failed', 'cancelled']),
  operation_id: z.string(),
  kind: z.string(),
  stage: z.string(),
  stages: z.array(stage),
  elapsed_seconds: z.number(),
  notes: z.array(z.string()).describe('What was done besides the plan.'),
  next: z.string().describe('The call to make next.'),
  error: z.object({ code: z.string(), message: z.string(), said: z.string().optional() }).optional(),
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

/**
 * @param now milliseconds since the epoch, for what still runs.
 * @param kinds those that may be shown.
 */
export function operationOutcome(
  { record, partial }: OperationView,
  now: number,
  kinds: readonly Pick<Kind<never>, 'name' | 'describe'>[] = KINDS,
): ToolOutcome<OperationOutput> {
  const described = kinds.find(({ name }) => name === record.kind)?.describe(record) ?? unknownKind(record);
  const error = errorFields(record);
  const reply = record.status === 'running' && partial ? plainText(wholeWords(partial)) : undefined;
  const strangers = [
    ...(reply === undefined ? [] : ['reply']),
    ...described.fromOthers,
    ...(error?.said === undefined ? [] : ['error.said']),
  ];
  const data: OperationOutput = {
    ...(strangers.length > 0 && { from_others: writtenByOthers(...strangers) }),
    ...standing(record, described, now),
    ...described.fields,
    ...(reply !== undefined && { reply }),
    ...(error !== undefined && { error }),
  };
  return {
    summary: summaryOf(record, described, data),
    data,
    foreign: foreignOf(record, described, reply, error),
  };
}

/** Of a version that knows more kinds than this one. */
function unknownKind({ kind }: OperationRecord): Described {
  const next = 'Nothing more to do.';
  return { subject: kind, doneAs: 'done', fields: {}, details: [], next, quotes: [], fromOthers: [] };
}

function standing(record: OperationRecord, described: Described, now: number) {
  const end = record.status === 'running' ? now : Date.parse(record.updatedAt);
  return {
    status: record.status === 'done' ? described.doneAs : record.status,
    operation_id: record.id,
    kind: record.kind,
    stage: record.stages.at(-1)?.name ?? 'starting',
    stages: record.stages.map(({ name, startedAt, endedAt }) => ({
      name,
      seconds: tenths((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)),
    })),
    elapsed_seconds: tenths(end - Date.parse(record.createdAt)),
    notes: record.notes,
    next: nextCall(record, described),
  };
}

function nextCall(record: OperationRecord, { next }: Described): string {
  if (record.status === 'running')
    return `Call get_operation with operation_id "${record.id}"; do not repeat the call that began it.`;
  if (record.status === 'failed')
    return (record.foreign ? undefined : record.error?.next) ?? 'Call gateway_status to see what is wrong.';
  if (record.unsettled)
    return `Call cancel_operation with operation_id "${record.id}" once more: what it had made may still be there, and paid for.`;
  if (record.status === 'cancelled') return 'Nothing more to do; call the tool again if it is still wanted.';
  return next;
}

function errorFields({ error, foreign }: OperationRecord): OperationOutput['error'] {
  if (error === undefined) return undefined;
  const texts = foreign ? [error.message, error.next, error.foreign] : [error.foreign];
  const said = texts.filter((text) => text !== undefined).join('\n');
  const message = foreign ? NOT_OURS : error.message;
  return { code: error.code, message, ...(said !== '' && { said: head(plainText(said), MAX_SAID_CHARS) }) };
}

const NOT_OURS = 'what its record says stands below';

function summaryOf(record: OperationRecord, { subject, details }: Described, data: OperationOutput): string {
  const what = data.machine_id === undefined ? subject : `${subject} on machine ${data.machine_id}`;
  const took = `${data.elapsed_seconds} s`;
  const notes = record.notes.length === 0 ? '' : ` ${record.notes.join(' ')}`;
  switch (record.status) {
    case 'running':
      return `${what} is still running (stage ${data.stage}, ${took}, operation_id ${record.id}).${notes} Next: ${data.next}`;
    case 'failed':
      return `${what} failed after ${took}: ${ending(data.error?.message ?? '')}${notes} Next: ${data.next}`;
    case 'cancelled':
      return `${what} was cancelled after ${took}.${notes}${record.unsettled ? ` Next: ${data.next}` : ''}`;
    case 'done':
      return `${what} is done (${took})${record.foreign ? '' : detailed(details)}.${notes} Next: ${data.next}`;
  }
}

function detailed(details: readonly string[]): string {
  return details.length === 0 ? '' : `: ${details.join(', ')}`;
}

function foreignOf(
  record: OperationRecord,
  { details, quotes }: Described,
  reply: string | undefined,
  error: OperationOutput['error'],
): ForeignText[] {
  const noted = [...(record.said ?? []), record.foreign ? details.join(', ') : ''].join('\n');
  const blocks = [
    { label: 'reply so far', text: reply },
    ...quotes,
    { label: 'what the other side said', text: record.foreign ? error?.said : record.error?.foreign },
    { label: 'what was noted in its record', text: noted.trim() || undefined },
  ];
  return blocks.flatMap(({ label, text }) => (text === undefined ? [] : [{ label, text }]));
}

function ending(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function tenths(ms: number): number {
  return Math.max(0, Math.round(ms / 100) / 10);
}
