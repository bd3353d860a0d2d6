/** `running` only says that the platform is done; this finds out whether the guest runs commands yet. */
import type { WaitOptions } from '../core/abort.ts';
import { isAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import { machineFailed, vanished } from './phases.ts';
import type { MachineCommand } from './ports.ts';
import { runToEnd } from './run-command.ts';
import type { MachineContext } from './wait-phase.ts';

/** A command that changes nothing; the platform wakes a sleeping machine for it like for any other. */
export function noop(timeoutMs: number): MachineCommand {
  return { command: ['/bin/true'], timeoutMs, rerunnable: true };
}

/**
 * Waits until a no-op has run in the guest.
 * @throws AppError `machine_failed`, details.replaceable true, when the machine is lost or its guest never answers.
 */
export async function waitForGuest(
  context: MachineContext,
  machineId: string,
  options: WaitOptions & { timeoutMs: number },
): Promise<void> {
  const { api, clock, timing } = context;
  const { signal, timeoutMs } = options;
  const giveUpAt = clock.elapsed() + timeoutMs;
  const polling = {
    clock,
    what: 'the machine to run commands',
    intervalMs: timing.guestPollMs,
    maxIntervalMs: timing.maxGuestPollMs,
    // Never reached: the look below gives up first, with what the platform said.
    timeoutMs: timeoutMs + timing.maxGuestPollMs,
    signal,
  };
  const waiting = { ...context, timing: { ...timing, refusalRetryMs: timeoutMs } };
  await poll(polling, async () => {
    try {
      return { done: await runToEnd(waiting, machineId, noop(timing.noopTimeoutMs), { signal }) };
    } catch (error) {
      if (isAppError(error, 'not_found')) throw vanished(machineId);
      if (!isAppError(error) || !isTransient(error)) throw error;
      if (clock.elapsed() < giveUpAt) return {};
      if (error.code === 'unavailable') throw error;
      const machine = await api.getMachine(machineId, { signal });
      throw machineFailed('The machine runs, but never ran a command', 'guest_unreachable', machine);
    }
  });
}

/** A refusal, a no-op that hung, or an API that is busy; not a lost machine, a bad key or a full account. */
function isTransient(error: unknown): boolean {
  if (isAppError(error, 'unavailable', 'timeout')) return true;
  return isAppError(error, 'machine_failed') && error.details.reason === 'command_refused';
}
