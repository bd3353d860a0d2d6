/** Puts a machine to sleep, or says why the platform does not allow it. */
import { randomUUID } from 'node:crypto';
import type { WaitOptions } from '../core/abort.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Machine } from '../dedalus/api.ts';
import { throwIfTrouble } from './phases.ts';
import type { SleepOutcome } from './ports.ts';
import { type MachineContext, waitForPhase } from './wait-phase.ts';

/** `MachineService.sleep`. */
export async function sleepMachine(
  context: MachineContext,
  machineId: string,
  options: WaitOptions,
): Promise<SleepOutcome> {
  const { api, timing } = context;
  const found = await api.getMachine(machineId, { signal: options.signal });
  if (found.phase === 'sleeping') return { machine: found, how: 'already_sleeping' };
  throwIfTrouble(found);
  if (found.phase !== 'stopping') await requestSleep(context, found, options);
  const wait = {
    what: 'the machine to fall asleep',
    timeoutMs: timing.sleepTimeoutMs,
    signal: options.signal,
  };
  const machine = await waitForPhase(
    context,
    machineId,
    wait,
    (seen) => seen.phase === 'sleeping',
    throwIfTrouble,
  );
  return { machine, how: 'slept' };
}

async function requestSleep(
  { api }: MachineContext,
  machine: Machine,
  { signal }: WaitOptions,
): Promise<void> {
  const { machineId, revision } = machine;
  try {
    await api.sleepMachine(machineId, { idempotencyKey: randomUUID(), revision, signal });
  } catch (error) {
    if (isAppError(error, 'unsupported')) throw closed(machine, error);
    if (!isAppError(error, 'conflict') || error.details.retry_after_ms !== undefined) throw error;
    // Autosleep may have been faster: then there is nothing to refuse.
    const now = await api.getMachine(machineId, { signal });
    if (now.phase !== 'sleeping' && now.phase !== 'stopping') throw error;
  }
}

function closed(machine: Machine, cause: AppError): AppError {
  const seconds = machine.autosleepSeconds;
  const next =
    seconds === 0
      ? 'Its autosleep is "never": it runs on until it is destroyed.'
      : `Leave it alone: it goes to sleep by itself ${seconds ? `after ${seconds} s` : 'some minutes'} without use.`;
  return new AppError('unsupported', 'Dedalus does not let this API key put a machine to sleep', {
    next,
    foreign: cause.foreign,
    details: { ...cause.details, machine_id: machine.machineId },
    cause,
  });
}
