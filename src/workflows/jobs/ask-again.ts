/** Asking again while only the way to a machine is broken: the work on it goes on by itself, and must not count as failed. */
import type { Clock } from '../../core/clock.ts';
import { type AppError, isAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import type { OperationHandle } from '../../operations/ports.ts';

// On top of the API client's own tries. An outage that lasts longer is worth telling.
const GIVE_UP_MS = 10 * 60_000;
// Output that cannot be read is mostly an accident; the third time it is how things are.
const MAX_UNREADABLE = 3;

/** @param ask must be harmless to repeat. @throws what `ask` throws for good, or still after ten minutes. */
export async function askUntilAnswered<T extends object>(
  operation: OperationHandle,
  clock: Clock,
  ask: () => Promise<T>,
): Promise<T> {
  const giveUpAt = clock.elapsed() + GIVE_UP_MS;
  let unreadable = 0;
  const asking = {
    clock,
    what: 'the machine to answer',
    intervalMs: 500,
    maxIntervalMs: 15_000,
    // Never reached: the look below gives up first, with what was said.
    timeoutMs: 2 * GIVE_UP_MS,
    signal: operation.signal,
  };
  return poll(asking, async () => {
    try {
      return { done: await ask() };
    } catch (error) {
      if (operation.signal.aborted || !isAppError(error) || !mayPass(error)) throw error;
      if (error.code === 'command_failed') unreadable += 1;
      if (unreadable >= MAX_UNREADABLE || clock.elapsed() >= giveUpAt) throw error;
      operation.tell('no answer at the moment; asking again');
      return {};
    }
  });
}

/** Not what the machine's own program said on purpose: that is its answer. */
function mayPass(error: AppError): boolean {
  if (error.details.script_error !== undefined || error.details.sent === false) return false;
  return isAppError(error, 'unavailable', 'timeout', 'command_failed');
}
