/** repair_openclaw: finds what is wrong with an assistant, mends what is safe, says what is left. */
import * as z from 'zod';
import { REPAIR } from '../workflows/repair.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const repairOpenclaw = defineTool({
  name: 'repair_openclaw',
  title: 'Repair OpenClaw',
  description:
    'Finds what is wrong with an assistant and mends what is safe: gateway, port, locks, disk, Node, files, configuration, keys; wakes the machine, removes no state. Returns found, done, left.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ machine_id: machineId.optional(), wait_seconds: waitSeconds.optional() }),
  output: operationOutput,
  async run({ machine_id, wait_seconds }, context) {
    const { directory, operations } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const record = await operations.start({ kind: REPAIR, key: id, input: { machineId: id }, machineId: id });
    return awaited(record.id, wait_seconds, context);
  },
});
