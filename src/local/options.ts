/** Every bound of the local API with its reason, and what tests and `local serve` may change. */
import { type Clock, systemClock } from '../core/clock.ts';
import { type Log, silentLog } from '../core/log.ts';
import type { Generation } from './machines/model.ts';

/** How long each step of a machine's life takes, in milliseconds. Short, but every phase can be seen. */
export interface Delays {
  accepted: number;
  placement: number;
  /** On top of what the runtime needs. */
  starting: number;
  /** After `running`, executions are refused for this long. */
  guest: number;
  stopping: number;
  destroying: number;
}

export interface LocalOptions {
  generation: Generation;
  clock: Clock;
  log: Log;
  delays: Delays;
  /** Machines at once, sleeping and failed ones included: the platform's smallest plan has 5. */
  quota: number;
  /** MiB; above it creating answers 400. The published recipe names 129024 for production, 6144 for development. */
  memoryCeilingMib: number;
  /** Milliseconds after a wake during which sleeping is refused; the service has 300 s, a local user needs none. */
  sleepHoldMs: number;
  /** For an execution that names none. */
  defaultTimeoutMs: number;
  /** Bytes kept of each stream, from its head; more is counted and dropped, so that one command cannot fill RAM. */
  outputCapBytes: number;
  /** Finished executions kept per machine: a status poll every second must not grow the state without end. */
  keptExecutions: number;
  /** Idempotency records kept: far more than the retries of any client that is still alive. */
  keptIdempotencyKeys: number;
}

export const DEFAULTS: LocalOptions = {
  generation: 3,
  clock: systemClock,
  log: silentLog,
  delays: { accepted: 20, placement: 40, starting: 40, guest: 40, stopping: 20, destroying: 20 },
  quota: 5,
  memoryCeilingMib: 129_024,
  sleepHoldMs: 0,
  defaultTimeoutMs: 60_000,
  outputCapBytes: 1 << 20,
  keptExecutions: 200,
  keptIdempotencyKeys: 2_000,
};

/** What may be left out or set in part. */
export type LocalSettings = Partial<Omit<LocalOptions, 'delays'>> & { delays?: Partial<Delays> };

export function withDefaults(settings: LocalSettings): LocalOptions {
  return { ...DEFAULTS, ...settings, delays: { ...DEFAULTS.delays, ...settings.delays } };
}
