/** `local serve`: the local API in the foreground, and, started by `--local`, as the background server. */
import { rm } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { privateDir, writePrivate } from '../../core/files.ts';
import type { Log } from '../../core/log.ts';
import { poll } from '../../core/poll.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { type LocalServer, serveLocal } from '../api/serve.ts';
import type { Generation } from '../machines/model.ts';
import { createRuntime } from '../runtimes/create-runtime.ts';
import type { Env } from '../runtimes/host-trust.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { IDLE_VARIABLE } from './daemon.ts';
import { closeInherited } from './inherited-descriptors.ts';
import { localFolder, type ReadyFile, readyPath } from './ready-file.ts';

export interface LocalServeOptions {
  /** The local API keeps its state in the folder `local` of this one. */
  stateDir: string;
  /** 0 takes a free one. */
  port: number;
  runtime: Runtime['name'] | undefined;
  generation: Generation | undefined;
  /** Of the package. */
  version: string;
  /** This computer's environment. */
  env: Env;
  clock: Clock;
  log: Log;
  /** Gets one line, `{"base_url","api_key"}`, when the API answers. */
  print: (line: string) => void;
  /** Ends the server: SIGTERM, SIGINT. */
  signal: AbortSignal;
}

/**
 * Serves until the signal aborts (or, in the background, nobody needs it), then ends every process of every machine.
 * @throws AppError `conflict` when the state folder or the port is in use; as `inStateFolder`.
 */
export async function localServe(options: LocalServeOptions): Promise<void> {
  const { clock, log, env } = options;
  closeInherited();
  await inStateFolder(localFolder(options.stateDir), () => privateDir(localFolder(options.stateDir)));
  const runtime = await createRuntime({ env, log, wanted: options.runtime });
  const server = await serveLocal({
    stateDir: localFolder(options.stateDir),
    runtime,
    port: options.port,
    settings: { clock, log, ...(options.generation && { generation: options.generation }) },
  });
  const ready: ReadyFile = {
    base_url: server.baseUrl,
    api_key: server.apiKey,
    pid: process.pid,
    version: options.version,
    background: env[IDLE_VARIABLE] !== undefined,
  };
  try {
    await writePrivate(readyPath(options.stateDir), JSON.stringify(ready));
    options.print(JSON.stringify({ base_url: server.baseUrl, api_key: server.apiKey }));
    await untilUnneeded(server, Number(env[IDLE_VARIABLE] ?? Number.POSITIVE_INFINITY), options);
  } finally {
    await rm(readyPath(options.stateDir), { force: true });
    await server.close();
  }
}

/** Ends when there was no machine and no request for `idleMs`, or the signal aborts. */
async function untilUnneeded(
  server: LocalServer,
  idleMs: number,
  { clock, signal }: LocalServeOptions,
): Promise<void> {
  // Ending somewhat late costs nothing; looking often would.
  const intervalMs = Math.min(idleMs / 4, 30_000);
  const pace = { intervalMs, factor: 1, maxIntervalMs: intervalMs, timeoutMs: Number.POSITIVE_INFINITY };
  try {
    await poll({ clock, what: 'the local API to be unneeded', ...pace, signal }, async () => ({
      done: server.api.idleMs() >= idleMs || undefined,
    }));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
