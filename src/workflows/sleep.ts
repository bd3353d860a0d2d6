/** Puts a machine to sleep: processes end, the persistent home stays, and only storage is billed. */
import { z } from 'zod';
import type { MachineService } from '../machine/ports.ts';
import type { OperationKind } from '../operations/ports.ts';
import { parseStored } from './parse-state.ts';

export const SLEEP = 'sleep';

const sleepInput = z.object({ machineId: z.string() });

/** `run` results in `{machine_id, phase, how}`. */
export function sleepKind(deps: { machines: MachineService }): OperationKind {
  return {
    async run(operation) {
      const { machineId } = parseStored(sleepInput, operation.record.input);
      await operation.stage('sleep');
      const { machine, how } = await deps.machines.sleep(machineId, { signal: operation.signal });
      return { machine_id: machineId, phase: machine.phase, how };
    },
  };
}
