/** get_operation: waits for long work that an earlier call began, or lists what is in flight. */
import * as z from 'zod';
import { ageMs } from '../core/clock.ts';
import { ALWAYS_LOADED } from '../mcp/define-tool.ts';
import type { OperationRecord } from '../operations/record.ts';
import { operationId, waitSeconds } from './fields.ts';
import { awaited, operationOutcome, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

const MAX_LISTED = 20;
// A client that lost its call, or its server, before it heard an operation's id finds here what became of it.
const RECENT_MS = 15 * 60_000;
const MAX_RECENT = 5;

export const getOperation = defineTool({
  name: 'get_operation',
  title: 'Get or await an operation',
  description:
    'Waits for a deploy, wake, chat turn or other long operation and returns the same fields as the tool that began it. Use it whenever a status is "running". Without operation_id: lists operations in flight, also those of earlier conversations, and those that ended in the last minutes.',
  effect: 'read',
  meta: ALWAYS_LOADED,
  idempotent: true,
  input: z.strictObject({
    operation_id: operationId.optional(),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput.partial().extend({ operations: z.array(operationOutput).optional() }),
  async run({ operation_id, wait_seconds }, context) {
    if (operation_id !== undefined) return awaited(operation_id, wait_seconds, context);
    const { operations, clock } = context.services;
    const now = clock.now();
    const running = await operations.list('running');
    const ended = await operations.endedSince(now - RECENT_MS);
    const listed = [
      ...running.slice(0, MAX_LISTED),
      ...ended.filter((record) => endedLately(record, now)).slice(0, MAX_RECENT),
    ];
    const views = listed.map((record) => operationOutcome({ record, partial: undefined }, now).data);
    const lines = views.map(
      (one) =>
        `${one.operation_id}: ${one.kind}, ${one.status}, stage ${one.stage}, ${one.elapsed_seconds} s`,
    );
    const inFlight = views.filter((one) => one.status === 'running').length;
    return {
      summary: [`${inFlight === 0 ? 'Nothing' : inFlight} is in flight.`, ...lines].join('\n'),
      data: { operations: views },
    };
  },
});

function endedLately(record: OperationRecord, now: number): boolean {
  return ageMs(record.updatedAt, now) < RECENT_MS;
}
