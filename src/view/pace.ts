/** Time in the page: pauses that end early, and a beat to draw by. */
import { useEffect, useState } from 'preact/hooks';

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
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
