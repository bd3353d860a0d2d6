/** Decides when a machine has been idle for long enough to go to sleep. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { background } from './background.ts';

// The longest single wait: timers beyond 2^31 ms fire at once.
const LONGEST_WAIT_MS = 86_400_000;

export interface IdleTimerOptions {
  clock: Clock;
  log: Log;
  /** Resolves when no command runs or waits: a running one is never interrupted. */
  quiet: () => Promise<void>;
  onIdle: () => void;
}

export class IdleTimer {
  readonly #options: IdleTimerOptions;
  #current = new AbortController();
  #lastActivity: number;

  constructor(options: IdleTimerOptions) {
    this.#options = options;
    this.#lastActivity = options.clock.elapsed();
  }

  /** Activity: a command that succeeded, or the machine coming up. */
  touch(): void {
    this.#lastActivity = this.#options.clock.elapsed();
  }

  /** Starts over with this many idle seconds since the last activity; 0 is never. */
  arm(seconds: number): void {
    this.disarm();
    if (seconds <= 0) return;
    const waiting = this.#wait(seconds * 1000, this.#current.signal);
    void background(this.#options.log, 'Autosleep', waiting);
  }

  disarm(): void {
    this.#current.abort();
    this.#current = new AbortController();
  }

  async #wait(idleMs: number, signal: AbortSignal): Promise<void> {
    const { clock, quiet, onIdle } = this.#options;
    try {
      for (;;) {
        await quiet();
        const left = this.#lastActivity + idleMs - clock.elapsed();
        if (left <= 0) break;
        await clock.sleep(Math.min(left, LONGEST_WAIT_MS), signal);
      }
    } catch {
      // Disarmed while waiting.
      return;
    }
    if (!signal.aborted) onIdle();
  }
}
