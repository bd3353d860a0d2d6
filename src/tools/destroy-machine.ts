/** destroy_machine: the machine and everything on it, for good. */
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { DESTROY } from '../workflows/destroy.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const destroyMachine = defineTool({
  name: 'destroy_machine',
  title: 'Destroy a machine',
  description:
    'Deletes a machine with all its files, sessions and keys, for good. Ask the person first, then pass the machine id again as confirm. To stop paying for compute but keep everything, use sleep_machine.',
  effect: 'destroy',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.describe('Machine id, always needed here.'),
    confirm: z.string().max(64).describe('The machine id once more.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run({ machine_id, confirm, wait_seconds }, context) {
    if (confirm !== machine_id) {
      throw new AppError('invalid_input', 'Nothing was destroyed: confirm is not the machine id', {
        next: 'If the person agreed, call again with confirm equal to machine_id.',
      });
    }
    const { directory, machines, operations } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    await machines.get(id, { signal: context.signal });
    const record = await operations.start({
      kind: DESTROY,
      key: id,
      input: { machineId: id },
      machineId: id,
    });
    return awaited(record.id, wait_seconds, context);
  },
});
