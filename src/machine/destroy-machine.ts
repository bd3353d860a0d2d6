/** Destroys a machine from whatever phase it is in, and only says so when it is really gone. */
import { randomUUID } from 'node:crypto';
import type { WaitOptions } from '../core/abort.ts';
import { isAppError, onAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { Machine } from '../dedalus/api.ts';
import { isGone } from './phases.ts';
import type { MachineContext } from './wait-phase.ts';

/** `MachineService.destroy`. */
export function destroyMachine(
  { api, clock, timing }: MachineContext,
  machineId: string,
  { signal }: WaitOptions,
): Promise<Machine> {
  const polling = {
    clock,
    what: 'the machine to be gone',
    intervalMs: timing.phasePollMs,
    maxIntervalMs: timing.maxPhasePollMs,
    timeoutMs: timing.destroyTimeoutMs,
    signal,
  };
  // A delete that was taken is not sent twice, even while GET still shows the old phase.
  let requested = false;
  return poll(polling, async () => {
    const found = await lookUp();
    if (found?.phase === 'destroyed') return { done: found };
    if (requested || (found && isGone(found))) return {};
    // Also for a machine that GET does not know: the port answers that with `destroyed`.
    const answer = await tryDelete(found?.revision);
    requested = answer !== undefined;
    return answer?.phase === 'destroyed' ? { done: answer } : {};
  });

  async function lookUp(): Promise<Machine | undefined> {
    try {
      return await api.getMachine(machineId, { signal });
    } catch (error) {
      if (!isAppError(error, 'not_found')) throw error;
      requested = false;
      return undefined;
    }
  }

  /** Undefined when the machine is between two states in which it cannot be deleted. */
  async function tryDelete(revision: string | undefined): Promise<Machine | undefined> {
    return api
      .deleteMachine(machineId, { idempotencyKey: randomUUID(), revision, signal })
      .catch(onAppError(undefined, 'conflict'));
  }
}
