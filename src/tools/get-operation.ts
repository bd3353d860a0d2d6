/** get_operation: waits for long work that an earlier call began, or lists what is in flight. */
import { z } from 'zod';
import { operationId, waitSeconds } from './fields.ts';
import { awaited, operationOutcome, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

const MAX_LISTED = 20;

export const getOperation = defineTool({
  name: 'get_operation',
  title: 'Get or await an operation',
  description:
    'Waits for a deploy, wake, chat turn or other long operation and returns the same fields as the tool that began it. Use it whenever a status is "running". Without operation_id: lists operations in flight, also those of earlier conversations.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    operation_id: operationId.optional(),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput.partial().extend({ operations: z.array(operationOutput).optional() }),
  async run({ operation_id, wait_seconds }, context) {
    if (operation_id !== undefined) return awaited(operation_id, wait_seconds, context);
    const { operations, clock } = context.services;
    const running = (await operations.list('running')).slice(0, MAX_LISTED);
    const views = running.map((record) => operationOutcome({ record, partial: undefined }, clock.now()));
    const lines = views.map(
      ({ data }) => `${data.operation_id}: ${data.kind}, stage ${data.stage}, ${data.elapsed_seconds} s`,
    );
    return {
      summary: lines.length === 0 ? 'Nothing is in flight.' : `In flight:\n${lines.join('\n')}`,
      data: { operations: views.map(({ data }) => data) },
    };
  },
});
