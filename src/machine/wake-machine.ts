/** Wakes a machine by whichever way is open: the wake call, or a command that changes nothing. */
import { randomUUID } from 'node:crypto';
import type { WaitOptions } from '../core/abort.ts';
import { isAppError } from '../core/errors.ts';
import type { Machine } from '../dedalus/api.ts';
import { throwIfTrouble } from './phases.ts';
import type { OnPhase, WakeOutcome } from './ports.ts';
import { runToEnd } from './run-command.ts';
import { noop } from './wait-guest.ts';
import { type MachineContext, waitForPhase, waitForRunning } from './wait-phase.ts';

/** `MachineService.wake`. */
export async function wakeMachine(
  context: MachineContext,
  machineId: string,
  options: WaitOptions & { onPhase?: OnPhase },
): Promise<WakeOutcome> {
  const { api, timing } = context;
  const wait = { signal: options.signal, onPhase: options.onPhase };
  const found = await api.getMachine(machineId, { signal: options.signal });
  if (found.phase === 'running') return { machine: found, how: 'already_running' };
  const machine =
    found.phase === 'stopping' ? await waitForStop(context, machineId, options) : throwIfTrouble(found);
  const how = machine.phase === 'sleeping' ? await startWaking(context, machine, options) : 'woken';
  const running = await waitForRunning(
    context,
    machineId,
    { ...wait, timeoutMs: timing.runningTimeoutMs },
    true,
  );
  return { machine: running, how };
}

/** A machine on its way to sleep cannot be called back: it is woken once it sleeps. */
function waitForStop(
  context: MachineContext,
  machineId: string,
  options: WaitOptions & { onPhase?: OnPhase },
): Promise<Machine> {
  const wait = {
    what: 'the machine to fall asleep before it is woken',
    timeoutMs: context.timing.sleepTimeoutMs,
    signal: options.signal,
    onPhase: options.onPhase,
  };
  return waitForPhase(context, machineId, wait, (machine) => machine.phase !== 'stopping', throwIfTrouble);
}

async function startWaking(
  context: MachineContext,
  machine: Machine,
  { signal }: WaitOptions,
): Promise<'woken' | 'woken_by_execution'> {
  const { api } = context;
  try {
    await api.wakeMachine(machine.machineId, {
      idempotencyKey: randomUUID(),
      revision: machine.revision,
      signal,
    });
    return 'woken';
  } catch (error) {
    if (!mayWakeByExecution(error)) throw error;
    await wakeByExecution(context, machine.machineId, { signal });
    return 'woken_by_execution';
  }
}

async function wakeByExecution(
  context: MachineContext,
  machineId: string,
  options: WaitOptions,
): Promise<void> {
  try {
    await runToEnd(context, machineId, noop(context.timing.noopTimeoutMs), options);
  } catch (error) {
    // Whether the wake counts against the command's own time is not documented; the phase tells what came of it.
    if (options.signal?.aborted || !isAppError(error, 'timeout')) throw error;
  }
}

/** The call is closed to this key, missing, or refused in this state. A wrong key is none of these. */
function mayWakeByExecution(error: unknown): boolean {
  if (isAppError(error, 'unsupported', 'conflict')) return true;
  return isAppError(error, 'auth') && error.details.http_status === 403;
}
