/** The only loop in the project that asks again and again: interval, deadline and terminal test in one place. */
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

export interface PollOptions {
  clock: Clock;
  /** What is awaited, for the timeout's message: "machine dm-1 to run". */
  what: string;
  /** First pause in milliseconds; each next one is `factor` times longer, up to `maxIntervalMs`. */
  intervalMs: number;
  factor?: number;
  maxIntervalMs: number;
  /** Gives up this many milliseconds after the first look. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** One look: the awaited value, or `undefined` to go on. */
export interface Look<T> {
  done?: T | undefined;
  /** A pause of our own choice, in place of the next one. */
  pauseMs?: number | undefined;
  /** A pause that the other side asks for: it may be longer than ours, within a bound, and never shorter. */
  askedMs?: number | undefined;
}

// Whoever asks for more is looked at all the same: its word must not keep a caller waiting.
const LONGEST_ASKED_MS = 10_000;

/**
 * Looks until `look` returns `done`. The first look is immediate.
 * @throws AppError `timeout` when the deadline passes; the signal's reason when it aborts; what `look` throws.
 */
export async function poll<T>(options: PollOptions, look: () => Promise<Look<T>>): Promise<T> {
  const { clock, factor = 1.6 } = options;
  const deadline = clock.elapsed() + options.timeoutMs;
  let pause = options.intervalMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const seen = await look();
    if (seen.done !== undefined) return seen.done;
    const left = deadline - clock.elapsed();
    if (left <= 0) {
      throw new AppError('timeout', `Waited ${Math.round(options.timeoutMs / 1000)} s for ${options.what}`);
    }
    const asked = Math.max(pause, Math.min(seen.askedMs ?? 0, LONGEST_ASKED_MS));
    await clock.sleep(Math.min(seen.pauseMs ?? asked, left), options.signal);
    // A pause of a look's own choice says nothing about how often to look after it.
    if (seen.pauseMs === undefined) pause = Math.min(pause * factor, options.maxIntervalMs);
  }
}
