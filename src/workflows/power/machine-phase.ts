/**
 * Whether a machine still exists for its owner, and whether it is awake. Looking never wakes: whatever only reads from a
 * machine asks here first.
 */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError, onAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';

/** The machine, or undefined when it no longer exists. */
export async function livingOrGone(
  machines: MachineService,
  machineId: string,
  options: WaitOptions,
): Promise<Machine | undefined> {
  const machine = await machines.get(machineId, options).catch(onAppError(undefined, 'not_found'));
  return machine && isAlive(machine) ? machine : undefined;
}

/** Whether the machine still exists for its owner. */
export function isAlive(machine: Machine): boolean {
  return (
    machine.phase !== 'destroying' && machine.phase !== 'destroyed' && machine.desiredState !== 'destroyed'
  );
}

/**
 * The machine, when commands can run on it without waking it.
 * @throws AppError `conflict` with the call that wakes it, `not_found`.
 */
export async function requireRunning(
  machines: MachineService,
  machineId: string,
  options: WaitOptions,
): Promise<Machine> {
  const machine = await machines.get(machineId, options);
  if (machine.phase === 'running') return machine;
  throw new AppError(
    'conflict',
    `Machine ${machineId} is not awake (phase ${safePhase(machine.phase)}), and reading does not wake it`,
    {
      next: `Call wake_machine with machine_id "${machineId}", then this again.`,
    },
  );
}

/** A phase as one word of ours: an unknown server could put anything there. */
export function safePhase(phase: string): string {
  return /^[a-z_]{1,40}$/.test(phase) ? phase : 'unknown';
}
