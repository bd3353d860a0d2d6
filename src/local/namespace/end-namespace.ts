/** Ends a machine as a whole, whatever its processes do: the kernel kills a PID namespace with its first process. */
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import { sendSignal } from '../../core/process.ts';
import { enterersOf } from './process-table.ts';

// The kernel ends a namespace at once, or as soon as its busiest process can be killed.
const END_TIMEOUT_MS = 10_000;
const CONTINUE_MS = 3_000;

export interface Ending {
  /** Process id on the host of the namespace's first process. */
  first: number;
  namespace: string | undefined;
  /** Whether the namespace, and whatever waits for it, is gone. */
  over: () => boolean | Promise<boolean>;
  clock: Clock;
}

/**
 * Kills the namespace and waits until it is gone, which is only when the parent of each of its ended processes has collected
 * it. A program outside that entered the namespace stops itself when its child stops; it must be continued, or killed, so that
 * the child is collected.
 * @throws AppError `timeout` that names the processes that resist
 */
export async function endNamespace({ first, namespace, over, clock }: Ending): Promise<void> {
  const begun = clock.elapsed();
  const outside = () => (namespace === undefined ? [] : enterersOf(namespace));
  const pace = { intervalMs: 5, maxIntervalMs: 100, timeoutMs: END_TIMEOUT_MS };
  sendSignal(first);
  try {
    await poll({ clock, what: 'a machine to end', ...pace }, async () => {
      if (await over()) return { done: true };
      const signal = clock.elapsed() - begun < CONTINUE_MS ? 'SIGCONT' : 'SIGKILL';
      for (const pid of outside()) sendSignal(pid, signal);
      return {};
    });
  } catch (cause) {
    if (!isAppError(cause, 'timeout')) throw cause;
    const left = [first, ...outside()].join(', ');
    throw new AppError('timeout', `Processes of a local machine do not end: ${left}`, { cause });
  }
}
