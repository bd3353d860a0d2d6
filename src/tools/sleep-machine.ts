/** sleep_machine: processes end, the home stays, compute is no longer billed. */
import * as z from 'zod';
import { SLEEP } from '../workflows/sleep.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const sleepMachine = defineTool({
  name: 'sleep_machine',
  title: 'Put a machine to sleep',
  description:
    "Puts a machine to sleep: its files and the assistant's memory stay, compute is no longer billed, channels go quiet. Returns phase. chat or wake_machine wakes it again.",
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ machine_id: machineId.optional(), wait_seconds: waitSeconds.optional() }),
  output: operationOutput,
  async run({ machine_id, wait_seconds }, context) {
    const { directory, operations } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const record = await operations.start({ kind: SLEEP, key: id, input: { machineId: id }, machineId: id });
    return awaited(record.id, wait_seconds, context);
  },
});
