/** wake_machine: machine and gateway back to answering. */
import * as z from 'zod';
import { WAKE } from '../workflows/wake.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const wakeMachine = defineTool({
  name: 'wake_machine',
  title: 'Wake a machine',
  description:
    'Wakes a sleeping machine, checks every layer on it and repairs what is missing; also the way to restart a gateway that is down. Returns phase and what was repaired. chat does this by itself.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ machine_id: machineId.optional(), wait_seconds: waitSeconds.optional() }),
  output: operationOutput,
  async run({ machine_id, wait_seconds }, context) {
    const { directory, operations } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const record = await operations.start({ kind: WAKE, key: id, input: { machineId: id }, machineId: id });
    return awaited(record.id, wait_seconds, context);
  },
});
