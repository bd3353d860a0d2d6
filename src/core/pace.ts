/** Keeps questions apart whose other side should take its time to answer: the pace is ours, however fast it says "not yet". */
import type { Clock } from './clock.ts';

/** Between the beginnings of two questions, in milliseconds. */
export interface PaceBounds {
  /** After an answer that took at least that long, or that said something new. */
  leastMs: number;
  /** Reached step by step while answers come at once. */
  mostMs: number;
}

const FACTOR = 1.6;

/**
 * Asks the first question at once, each later one when its time has come.
 * @throws the signal's reason, and what `ask` throws.
 */
export function paced(clock: Clock, { leastMs, mostMs }: PaceBounds) {
  let gap = leastMs;
  let next = clock.elapsed();
  return async <T>(
    signal: AbortSignal | undefined,
    ask: () => Promise<T>,
    isNews: (answer: T) => boolean = () => false,
  ): Promise<T> => {
    const early = next - clock.elapsed();
    if (early > 0) await clock.sleep(early, signal);
    const begun = clock.elapsed();
    let news = false;
    try {
      const answer = await ask();
      news = isNews(answer);
      return answer;
    } finally {
      const slow = clock.elapsed() - begun >= leastMs;
      gap = news || slow ? leastMs : Math.min(gap * FACTOR, mostMs);
      next = begun + gap;
    }
  };
}
