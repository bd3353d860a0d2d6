/** `local serve` of the built bin as a person would start it: a foreground process that prints where it listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BIN } from './raw-client.ts';

export interface ServedLocally {
  child: ChildProcess;
  baseUrl: string;
  apiKey: string;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
}

/** @param env on top of this process's environment. */
export async function serveLocally(
  stateDir: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServedLocally> {
  const args = [BIN, 'local', 'serve', '--state-dir', stateDir, ...flags];
  const options = { env: { ...process.env, ...env } };
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const ready: { base_url: string; api_key: string } = JSON.parse(String(line));
  return {
    child,
    baseUrl: ready.base_url,
    apiKey: ready.api_key,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
