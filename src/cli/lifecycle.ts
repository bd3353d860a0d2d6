/** When the process ends: at once when its client is gone, in whatever way, and not for an error that nothing caught. */
import type { Log } from '../core/log.ts';

/** How a client, or the terminal that it runs in, ends what it has started. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// Closing takes milliseconds; after this the process ends also where something does not close.
const BACKSTOP_MS = 50;

/** Ends the process with code 0 after `close` when stdin ends, stdout breaks, or a signal comes. */
export function endWithClient(close: () => Promise<void>, log: Log): void {
  let closing = false;
  const shutdown = async () => {
    if (closing) return;
    closing = true;
    setTimeout(() => process.exit(0), BACKSTOP_MS).unref();
    await close().catch(() => {});
    process.exit(0);
  };
  const onEnd = () => void shutdown();
  process.stdin.on('end', onEnd);
  process.stdin.on('close', onEnd);
  process.stdout.on('error', onEnd);
  // Nobody reads the diagnostics any more; that is no reason to stop.
  process.stderr.on('error', () => {});
  for (const signal of SIGNALS) process.on(signal, onEnd);
  process.on('unhandledRejection', (reason) =>
    log.warn('A defect in this server: unhandled rejection', {
      reason: reason instanceof Error ? reason.stack : String(reason),
    }),
  );
  process.on('uncaughtException', (error) => {
    if ('code' in error && error.code === 'EPIPE') return onEnd();
    log.warn('A defect in this server: uncaught exception', { error: error.stack ?? error.message });
  });
}

/** What nothing else has caught does not end the process: whoever is told decides what becomes of it. */
export function onDefect(told: (stack: string) => void): void {
  for (const defect of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(defect, (error: unknown) => told(error instanceof Error ? `${error.stack}` : String(error)));
}
