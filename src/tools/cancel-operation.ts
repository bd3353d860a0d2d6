/** cancel_operation: stops long work itself, not only the wait for it. */
import * as z from 'zod';
import { operationId } from './fields.ts';
import { operationOutcome, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const cancelOperation = defineTool({
  name: 'cancel_operation',
  title: 'Cancel an operation',
  description:
    'Stops a running deploy (the machine that it made is removed) or chat turn. To stop only waiting, call nothing. An operation that has ended is returned unchanged.',
  effect: 'destroy',
  idempotent: true,
  input: z.strictObject({ operation_id: operationId }),
  output: operationOutput,
  async run({ operation_id }, { services }) {
    const record = await services.operations.cancel(operation_id);
    return operationOutcome({ record, partial: undefined }, services.clock.now());
  },
});
