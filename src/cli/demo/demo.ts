/** `demo` as a command: gives the demo this process's streams and signals, and starts the local API for it. */
import type { Environment } from '../../config/config.ts';
import { systemClock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { serveLocal } from '../../local/api/serve.ts';
import { NO_DEBUGGER } from '../../local/daemon/no-debugger.ts';
import { createRuntime } from '../../local/runtimes/create-runtime.ts';
import { onDefect, SIGNALS } from '../lifecycle.ts';
import { runDemo } from './run.ts';

/** Runs the demo once. Signals end it; what it made is removed first. @returns the exit code. */
export async function demoCommand(env: Environment): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  // Never taken off again: a second Ctrl-C must not cut the cleaning up short.
  for (const signal of SIGNALS) process.on(signal, interrupt);
  // `demo | head` closes the pipe early; that is a way to interrupt it too.
  process.stdout.on('error', interrupt);
  onDefect((stack) => {
    process.stderr.write(`${stack}\n`);
    // Even then the machine must not stay.
    interrupt();
  });
  return runDemo({
    env,
    stdout: process.stdout,
    clock: systemClock,
    signal: interrupted.signal,
    server: { command: process.execPath, args: [...NO_DEBUGGER, ...process.argv.slice(1, 2)] },
    startLocalApi: async ({ stateDir, env: forMachines, note }) => {
      const log: Log = { info: () => {}, warn: note };
      const runtime = await createRuntime({ env: forMachines, log, wanted: undefined });
      return serveLocal({ stateDir, runtime, settings: { log } });
    },
  });
}
