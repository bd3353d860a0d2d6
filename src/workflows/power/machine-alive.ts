/** Whether a machine still exists for its owner, also one that is on its way out. */
import type { WaitOptions } from '../../core/abort.ts';
import { isAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';

/** The machine, or undefined when it no longer exists. */
export async function livingOrGone(
  machines: MachineService,
  machineId: string,
  options: WaitOptions,
): Promise<Machine | undefined> {
  try {
    const machine = await machines.get(machineId, options);
    return isAlive(machine) ? machine : undefined;
  } catch (error) {
    if (isAppError(error, 'not_found')) return undefined;
    throw error;
  }
}

/** Whether the machine still exists for its owner. */
export function isAlive(machine: Machine): boolean {
  return (
    machine.phase !== 'destroying' && machine.phase !== 'destroyed' && machine.desiredState !== 'destroyed'
  );
}
