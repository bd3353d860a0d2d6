/** Waiting for an operation's end on behalf of one call, with something to tell at every change and every few seconds. */
import { unlessAborted } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { AwaitOptions, Progress } from './ports.ts';
import type { Running } from './running.ts';

// Clients show progress only when it arrives; a silent minute looks like a hang, and some count idle time.
const HEARTBEAT_MS = 10_000;

/** Resolves at the end or after `options.waitMs`. @throws the signal's reason, and what broke the record's store. */
export async function waitFor(clock: Clock, running: Running, options: AwaitOptions): Promise<void> {
  const { signal, onProgress } = options;
  const tell = () => onProgress?.(progressOf(running, clock.now()));
  const watching = onProgress === undefined ? 0 : 1;
  running.listeners.add(tell);
  running.watchers += watching;
  const enough = new AbortController();
  try {
    tell();
    const beat = heartbeat(clock, options.waitMs, enough.signal, tell);
    await unlessAborted(Promise.race([running.finished, beat]), signal);
  } finally {
    enough.abort();
    running.listeners.delete(tell);
    running.watchers -= watching;
  }
}

/** Resolves when the wait is over, telling at every beat before that. */
async function heartbeat(clock: Clock, waitMs: number, signal: AbortSignal, tell: () => void): Promise<void> {
  try {
    for (let left = waitMs; left > 0; left -= HEARTBEAT_MS) {
      await clock.sleep(Math.min(left, HEARTBEAT_MS), signal);
      tell();
    }
  } catch {
    // The operation ended first.
  }
}

function progressOf(running: Running, now: number): Progress {
  const { record } = running;
  return {
    stage: record.stages.at(-1)?.name ?? 'starting',
    message: running.message,
    partial: running.partial,
    elapsedSeconds: Math.floor((now - Date.parse(record.createdAt)) / 1000),
    step: record.stages.length,
  };
}
