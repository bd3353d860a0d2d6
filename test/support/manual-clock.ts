/** Clocks that tests own: time passes only when a test, or the code's own waiting, makes it pass. */
import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  due: number;
  wake(): void;
}

export interface ManualClock extends Clock {
  /** Somebody sets the wall's clock forward, or back where `ms` is below zero: nothing has taken any longer for it. */
  setWall(ms: number): void;
  /** Lets `ms` milliseconds pass: every sleep that ends within them resolves, in order. */
  advance(ms: number): Promise<void>;
  /** Every sleep that was asked for so far, in milliseconds. */
  readonly slept: readonly number[];
  /** Sleeps that have neither ended nor been aborted. */
  waiting(): number;
}

/** A clock that stands still until `advance`. */
export function manualClock(start = 1_700_000_000_000): ManualClock {
  return clockThat(start, () => false);
}

/**
 * A clock on which waiting costs nothing: a sleep moves time forward and ends on the next turn of the event loop.
 * Sleeps of `holdFromMs` or more are deadlines, which race with real work: they wait for `advance`.
 */
export function autoClock(holdFromMs = 20_000, start = 1_700_000_000_000): ManualClock {
  return clockThat(start, (ms) => ms < holdFromMs);
}

function clockThat(start: number, passesAtOnce: (ms: number) => boolean): ManualClock {
  let now = start;
  let set = 0;
  const sleepers = new Set<Sleeper>();
  const slept: number[] = [];
  return {
    now: () => now + set,
    elapsed: () => now,
    slept,
    waiting: () => sleepers.size,
    sleep(ms, signal) {
      slept.push(ms);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { due: now + Math.max(0, ms), wake: () => settle(resolve) };
        const onAbort = () => settle(() => reject(signal?.reason));
        const settle = (end: () => void) => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
          end();
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
        if (!passesAtOnce(ms)) return;
        setImmediate(() => {
          if (!sleepers.has(sleeper)) return;
          now = Math.max(now, sleeper.due);
          sleeper.wake();
        });
      });
    },
    setWall(ms) {
      set += ms;
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = [...sleepers].filter((s) => s.due <= until).sort((a, b) => a.due - b.due);
        if (!next) break;
        now = Math.max(now, next.due);
        next.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = until;
    },
  };
}
