/** Deadlines and abort signals, kept apart from the work that they only stop waiting for. */
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

/** How long the caller is willing to wait, and how it says that it no longer is. */
export interface WaitOptions {
  /** Ends the wait, never the work behind it. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs `work` with a signal that aborts when `signal` does or `ms` milliseconds have passed.
 * @throws AppError `timeout` with `what` in its message when the time is up first; else what `work` throws.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  what: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  const derived = new AbortController();
  const onAbort = () => derived.abort(signal?.reason);
  if (signal?.aborted) throw signal.reason;
  signal?.addEventListener('abort', onAbort, { once: true });
  const expired = clock.sleep(ms, timer.signal).then(
    () => {
      const error = new AppError('timeout', `${what} took longer than ${Math.round(ms / 1000)} s`);
      derived.abort(error);
      throw error;
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work(derived.signal), expired]);
  } finally {
    timer.abort();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Waits for `promise`, but throws the signal's reason as soon as `signal` aborts. The promise goes on. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
