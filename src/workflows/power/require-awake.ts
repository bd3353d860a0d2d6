/** Looking never wakes: whatever only reads from a machine asks here first whether it is awake. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';

/**
 * The machine, when commands can run on it without waking it.
 * @throws AppError `conflict` with the call that wakes it, `not_found`.
 */
export async function requireAwake(
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
