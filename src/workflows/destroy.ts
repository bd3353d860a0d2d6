/** Destroys a machine for good and waits until the API agrees that it is gone. */
import { z } from 'zod';
import type { MachineService } from '../machine/ports.ts';
import type { OperationKind } from '../operations/ports.ts';
import { parseStored } from './parse-state.ts';

export const DESTROY = 'destroy';

const destroyInput = z.object({ machineId: z.string() });

/** `run` results in `{machine_id, phase}`. */
export function destroyKind(deps: { machines: MachineService }): OperationKind {
  return {
    async run(operation) {
      const { machineId } = parseStored(destroyInput, operation.record.input);
      await operation.stage('destroy');
      const machine = await deps.machines.destroy(machineId, { signal: operation.signal });
      return { machine_id: machineId, phase: machine.phase };
    },
  };
}
