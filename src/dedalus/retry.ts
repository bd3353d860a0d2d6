/** The one retry policy: the answer's own words decide, every try carries the same idempotency key, time is bounded. */
import { withDeadline } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { noAnswerError } from './network-errors.ts';

export interface RetryPolicy {
  clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), for the jitter. */
  random: () => number;
  timing: {
    requestTimeoutMs: number;
    retryTotalMs: number;
    unreachableTotalMs: number;
    backoffMs: number;
    maxBackoffMs: number;
    jitterMs: number;
  };
}

// The hold window is minutes long: that wait is the caller's. A stale revision fails the same way again.
const NEVER = new Set([
  'INVALID_STATE',
  'IDEMPOTENCY_KEY_REUSED',
  'REVISION_MISMATCH',
  'SLEEP_HOLD_WINDOW_ACTIVE',
]);

/** Whether a byte-identical second try may succeed. */
function worthRetrying(error: unknown): error is AppError {
  if (!isAppError(error, 'unavailable', 'conflict', 'invalid_input')) return false;
  const { platform_code: code, retryable, http_status: status } = error.details;
  if (typeof code === 'string' && NEVER.has(code)) return false;
  if (typeof retryable === 'boolean') return retryable;
  return status === 408 || status === 429 || (typeof status === 'number' && status >= 500);
}

/**
 * Tries `attempt` until it succeeds, fails for good, or the total time is up; then throws its last error.
 * Each try has its own deadline and its own signal, so that nothing piles up on the caller's.
 * @throws the signal's reason as soon as it aborts, also between two tries.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, timing } = policy;
  const start = clock.elapsed();
  let last: AppError | undefined;
  const tryOn = async (within: AbortSignal): Promise<T> => {
    for (let tries = 0; ; tries += 1) {
      const outcome = await oneTry(clock, timing.requestTimeoutMs, within, attempt);
      if ('value' in outcome) return outcome.value;
      last = outcome.failure;
      const pause = pauseAfter(policy, last, tries);
      const total = last.details.reason === 'unreachable' ? timing.unreachableTotalMs : timing.retryTotalMs;
      if (!worthRetrying(last) || clock.elapsed() - start + pause >= total) throw last;
      await clock.sleep(pause, within);
    }
  };
  try {
    return await withDeadline(clock, timing.retryTotalMs, 'The Dedalus API', signal, tryOn);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isAppError(error, 'timeout') ? (last ?? noAnswerError()) : error;
  }
}

/** The value, or the AppError that kept it away; everything else is thrown. */
async function oneTry<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T } | { failure: AppError }> {
  try {
    return { value: await withDeadline(clock, timeoutMs, 'The Dedalus API', signal, attempt) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (isAppError(error, 'timeout')) return { failure: noAnswerError() };
    if (error instanceof AppError) return { failure: error };
    throw error;
  }
}

function pauseAfter({ random, timing }: RetryPolicy, error: AppError, tries: number): number {
  const asked = error.details.retry_after_ms;
  const backoff = Math.min(timing.backoffMs * 2 ** tries, timing.maxBackoffMs);
  // The first pause is as asked for; a server that goes on refusing is asked less and less often, whatever it says.
  if (typeof asked === 'number')
    return Math.max(asked, tries === 0 ? 0 : backoff / 2) + random() * timing.jitterMs;
  return backoff * (0.5 + random() / 2);
}
