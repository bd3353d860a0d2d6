/** Real time, from which a test can cut out a piece: for bounds of minutes around work that really takes its time. */
import { type Clock, systemClock } from '../../src/core/clock.ts';

export interface SkippingClock extends Clock {
  /** Moves time forward; every sleep that would have ended by then ends now. */
  skip(ms: number): void;
  /** Sleeps under way. */
  waiting(): number;
  /** How long each of them is in all, in milliseconds. */
  lengths(): number[];
}

export function skippingClock(): SkippingClock {
  let skipped = 0;
  const sleepers = new Map<AbortController, { due: number; ms: number }>();
  const elapsed = () => systemClock.elapsed() + skipped;
  return {
    now: () => systemClock.now() + skipped,
    elapsed,
    waiting: () => sleepers.size,
    lengths: () => [...sleepers.values()].map(({ ms }) => ms),
    async sleep(ms, signal) {
      const early = new AbortController();
      sleepers.set(early, { due: elapsed() + ms, ms });
      const signals = signal ? [early.signal, signal] : [early.signal];
      try {
        await systemClock.sleep(ms, AbortSignal.any(signals));
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (!early.signal.aborted) throw error;
      } finally {
        sleepers.delete(early);
      }
    },
    skip(ms) {
      skipped += ms;
      for (const [early, { due }] of sleepers) if (due <= elapsed()) early.abort();
    },
  };
}
