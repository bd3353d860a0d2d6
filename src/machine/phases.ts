/** What a machine's phase and reasons mean: on its way, gone, or in trouble that it does not leave by itself. */
import { AppError } from '../core/errors.ts';
import { head } from '../core/text.ts';
import type { Machine } from '../dedalus/api.ts';

// Codes seen in `reason` or `last_error` of machines that never came up.
const TROUBLE = ['StorageProvisioningFailed', 'NoReadyHosts', 'RuntimeWakeFailed'];
const SAFE_TOKEN = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;
const FOREIGN_CHARS = 2_000;

/** Whether it is on its way out, or out. `wake_pending` and others that no document names are not. */
export function isGone(machine: Machine): boolean {
  return machine.phase === 'destroying' || machine.phase === 'destroyed';
}

/** Whether it waits for a place on a host. */
export function awaitsPlacement(machine: Machine): boolean {
  return machine.phase === 'accepted' || machine.phase === 'placement_pending';
}

/** The error for a machine that cannot get to `running` by itself any more; undefined while it still may. */
function terminalTrouble(machine: Machine): AppError | undefined {
  if (machine.phase === 'failed') {
    return machineFailed(
      'The machine failed and does not recover by itself',
      reasonOf(machine) ?? 'failed',
      machine,
    );
  }
  if (isGone(machine)) {
    return machineFailed('The machine is being destroyed or is gone', machine.phase, machine);
  }
  // The platform says itself that it has given up, though the phase does not show it.
  const code = troubleCode(machine);
  if (code && machine.retryable === false) {
    return machineFailed('The machine could not be started', code, machine);
  }
  return undefined;
}

/** `machine`, unless it is in terminal trouble: then throws that. */
export function throwIfTrouble(machine: Machine): Machine {
  const trouble = terminalTrouble(machine);
  if (trouble) throw trouble;
  return machine;
}

/** No host took it within our bound. */
export function placementStuck(machine: Machine): AppError {
  return machineFailed('No host took the machine', 'placement_stuck', machine);
}

/** The API stopped knowing a machine that it knew before. */
export function vanished(machineId: string): AppError {
  return new AppError('machine_failed', 'The machine disappeared while it was waited for', {
    next: 'Call list_machines, then deploy_openclaw to get a new one.',
    details: { machine_id: machineId, reason: 'machine_not_found', replaceable: true },
  });
}

/**
 * A `machine_failed` error. details.replaceable: a new machine may help (never where the quota is the reason);
 * details.platform_reason is the platform's own code where it named a known one.
 */
export function machineFailed(message: string, reason: string, machine: Machine): AppError {
  const foreign = [machine.reason, machine.lastError].filter((text) => text !== undefined).join('\n');
  const code = troubleCode(machine);
  const replaceable = !/quota/i.test(foreign);
  return new AppError('machine_failed', message, {
    next: replaceable
      ? 'Call destroy_machine to free its place, then deploy_openclaw to get a new one.'
      : 'Call list_machines and destroy what is not needed: the quota is used up.',
    ...(foreign === '' ? {} : { foreign: head(foreign, FOREIGN_CHARS) }),
    details: {
      machine_id: machine.machineId,
      phase: SAFE_TOKEN.test(machine.phase) ? machine.phase : 'unknown',
      reason,
      replaceable,
      ...(code ? { platform_reason: code } : {}),
    },
  });
}

function troubleCode(machine: Machine): string | undefined {
  return TROUBLE.find((code) => machine.reason?.includes(code) || machine.lastError?.includes(code));
}

function reasonOf(machine: Machine): string | undefined {
  const known = troubleCode(machine);
  if (known) return known;
  // "DesiredStateReached" is what a healthy machine says.
  if (machine.reason === 'DesiredStateReached') return undefined;
  return machine.reason && SAFE_TOKEN.test(machine.reason) ? machine.reason : undefined;
}
