/** What can be told of a lost wake, sleep or destroy: only what its machine's phase says. */
import { AppError, onAppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { Recovered } from '../../operations/ports.ts';
import { safePhase } from '../power/machine-phase.ts';

export interface PhaseGoal {
  /** The tool that began it. */
  tool: string;
  /** There: nothing is left to do. */
  arrived: readonly string[];
  /** On its way: waiting is enough. */
  onItsWay: readonly string[];
}

/**
 * Never does what was asked for once more: the id alone is no permission.
 * @throws AppError `not_found` when the machine is neither there nor on its way.
 */
export async function recoverPhase(
  machines: MachineService,
  machineId: string | undefined,
  goal: PhaseGoal,
): Promise<Recovered | undefined> {
  if (machineId === undefined) return undefined;
  const machine = await machines.get(machineId).catch(onAppError(undefined, 'not_found'));
  const phase = machine?.phase ?? 'destroyed';
  const found = { key: machineId, input: { machineId } };
  if (goal.arrived.includes(phase)) return { ...found, result: { machine_id: machineId, phase } };
  if (goal.onItsWay.includes(phase)) return found;
  throw new AppError(
    'not_found',
    `There is no record of this operation, and its machine is in phase ${safePhase(phase)}`,
    { next: `Call ${goal.tool} for machine "${machineId}" if it is still wanted.` },
  );
}
