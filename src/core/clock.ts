/** One source of time and of waiting, so that tests can own both. */

/**
 * Time as the code sees it. Every wait in the project goes through a clock.
 * The wall's time is for what people read and what is written down: it jumps when somebody sets it. How long something
 * takes, or may still take, is counted with `elapsed` alone.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since some moment; never jumps, and stands still while the computer sleeps. */
  elapsed(): number;
  /**
   * Resolves after `ms` milliseconds of `elapsed` (0 or less: on the next turn of the event loop).
   * @throws the signal's reason as soon as `signal` aborts, also while waiting.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// Linux stops Node's own clock while a computer sleeps; macOS and Windows do not, and nobody does for a stopped process.
const BEAT_MS = 1_000;
// A beat that comes later than this after the one before says that the process did not run meanwhile.
const LONGEST_BEAT_MS = 5_000;

/**
 * The computer's own clock.
 * @param read milliseconds of a clock that never jumps, whether or not it stands still in a sleep.
 */
export function wakingClock(read: () => number = () => performance.now()): Clock {
  const waking = wakingTime(read);
  return {
    now: () => Date.now(),
    elapsed: waking.elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        waking.begin();
        const due = waking.elapsed() + ms;
        let timer = setTimeout(wake, Math.max(0, ms));
        signal?.addEventListener('abort', onAbort, { once: true });

        /** A timer that fired only because the computer slept has not waited long enough. */
        function wake(): void {
          const left = due - waking.elapsed();
          if (left > 1) timer = setTimeout(wake, left);
          else settle(resolve);
        }
        function onAbort(): void {
          clearTimeout(timer);
          settle(() => reject(signal?.reason));
        }
        function settle(end: () => void): void {
          signal?.removeEventListener('abort', onAbort);
          waking.end();
          end();
        }
      }),
  };
}

/** Counts the time in which this process ran. Beats only while somebody waits: an idle server is not woken for it. */
function wakingTime(read: () => number) {
  let counted = 0;
  let last = read();
  let waiting = 0;
  let beat: NodeJS.Timeout | undefined;
  const elapsed = () => {
    const now = read();
    // Without a beat a long time is just a long time.
    counted += beat === undefined ? now - last : Math.min(now - last, LONGEST_BEAT_MS);
    last = now;
    return counted;
  };
  return {
    elapsed,
    begin() {
      elapsed();
      waiting += 1;
      beat ??= setInterval(elapsed, BEAT_MS).unref();
    },
    end() {
      elapsed();
      waiting -= 1;
      if (waiting > 0) return;
      clearInterval(beat);
      beat = undefined;
    },
  };
}

export const systemClock: Clock = wakingClock();

/**
 * Milliseconds between a moment that was written down and `now`, whichever comes first: a clock may have been set back
 * since. Infinite for what is no time, so that it counts as old.
 * @param at ISO time.
 */
export function ageMs(at: string, now: number): number {
  const age = Math.abs(now - Date.parse(at));
  return Number.isNaN(age) ? Number.POSITIVE_INFINITY : age;
}
