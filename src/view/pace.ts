/** Time in the page: pauses that end early or wait until the page can be seen, and seconds that are drawn anew as they pass. */
import { useEffect, useState } from 'preact/hooks';

/**
 * Resolves after so many milliseconds, and not before the page can be seen: a chat holds many of these pages, and those
 * that are scrolled away ask nothing. At once when `signal` aborts.
 */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await ended(signal, (done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  });
  if (signal.aborted || isSeen()) return;
  await ended(signal, (done) => {
    const look = () => isSeen() && done();
    lookers.add(look);
    return () => lookers.delete(look);
  });
}

/** Resolves when `begin` calls `done`, or `signal` aborts; then what `begin` has returned is called. */
async function ended(signal: AbortSignal, begin: (done: () => void) => () => unknown): Promise<void> {
  if (signal.aborted) return;
  let end: () => unknown = () => {};
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    end = begin(resolve);
  });
  end();
}

/** Told when the page may have come into sight. */
const lookers = new Set<() => void>();
let onScreen = true;

const isSeen = () => onScreen && document.visibilityState === 'visible';
const tellLookers = () => {
  for (const look of [...lookers]) look();
};

/** To be called once: from then on it is known whether the page is on the screen. */
export function watchSight(page: Element): void {
  document.addEventListener('visibilitychange', tellLookers);
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? true;
    tellLookers();
  }).observe(page);
}

const BEAT_MS = 250;

/** Seconds since `mark` last changed, drawn anew several times a second for as long as `running`. */
export function useSecondsSince(mark: unknown, running: boolean): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(0);
    if (!running) return undefined;
    const began = performance.now();
    const timer = setInterval(() => setSeconds((performance.now() - began) / 1000), BEAT_MS);
    return () => clearInterval(timer);
  }, [mark, running]);
  return running ? seconds : 0;
}
