/** The background server behind `--local`: machines must outlive the client that asked for them. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { privateDir, readIfThere } from '../../core/files.ts';
import { poll } from '../../core/poll.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { tail } from '../../core/text.ts';
import { type Env, TRUST_VARIABLES } from '../runtimes/host-trust.ts';
import { askServer } from './ask-server.ts';
import { livingHolder } from './lock.ts';
import { NO_DEBUGGER } from './no-debugger.ts';
import { endOlder } from './older-server.ts';
import { livingServer, localFolder, type ReadyFile } from './ready-file.ts';

export interface DaemonOptions {
  /** The local API keeps its state in the folder `local` of this one. */
  stateDir: string;
  /** The Node program that runs this, and the script whose `local serve` is run with it. */
  node: string;
  bin: string;
  /** This computer's environment, of which only an allow-list reaches the server. */
  env: Env;
  clock: Clock;
  /** Of the package: a background server of an older one makes way. */
  version: string;
  /** Milliseconds without a machine and without a request after which the server ends itself. */
  idleMs?: number;
}

export interface LocalEndpoint {
  baseUrl: string;
  apiKey: string;
}

/** How a background server learns its idle time; one that was started by hand never ends by itself. */
export const IDLE_VARIABLE = 'OPENCLAW_MCP_LOCAL_IDLE_MS';

// Long enough to think about the next question, short enough not to linger for days.
const IDLE_MS = 15 * 60_000;
// Finding out about namespaces takes up to some seconds on a busy computer, starting the bin about one.
const START_TIMEOUT_MS = 45_000;
const LOG_TAIL_CHARACTERS = 2_000;
// Each start adds to it, also the many of a client that starts over and over; why one fails stands in its last lines.
const MAX_LOG_BYTES = 256 * 1024;
/** Of a longer one: why the server before it ended. */
const KEPT_LOG_BYTES = 64 * 1024;

// PATH and HOME find npm and its settings; nothing here holds a key.
const PASSED_ON = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'],
  ...TRUST_VARIABLES,
]);
const PASSED_ON_NPM = /^npm_config_(?:registry|cafile|userconfig|globalconfig)$/i;

/**
 * Finds the server of this state folder, or starts one that outlives this process. Two callers at once end up
 * with the same one: of two servers the second finds the folder locked and ends.
 * @throws AppError `unavailable` when none answers in time, with the end of its log.
 */
export async function ensureDaemon(options: DaemonOptions): Promise<LocalEndpoint> {
  const found = await answering(options);
  if (found && !(await endOlder(found, options))) return endpointOf(found);
  const started = await start(options);
  const pace = { intervalMs: 50, maxIntervalMs: 500, timeoutMs: START_TIMEOUT_MS };
  try {
    return await poll({ clock: options.clock, what: 'the local API to start', ...pace }, async () => {
      const ended = started.ended();
      const server = await answering(options);
      // Ours may have lost to another that was started at the same time; then that one holds the folder.
      if (server || !ended || (await livingHolder(localFolder(options.stateDir))))
        return { done: server && endpointOf(server) };
      throw new AppError('timeout', 'The local API ended while it started');
    });
  } catch (cause) {
    if (!isAppError(cause, 'timeout')) throw cause;
    const log = (await readIfThere(started.logFile)) ?? '';
    throw new AppError('unavailable', 'The local API did not start', {
      next: `Run "openclaw-dedalus-mcp local serve" in a terminal to see why; its log is ${started.logFile}.`,
      foreign: tail(log, LOG_TAIL_CHARACTERS),
      cause,
    });
  }
}

interface Started {
  logFile: string;
  /** Whether the server's process is over, or never began. */
  ended: () => boolean;
}

async function keepEnd(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(KEPT_LOG_BYTES),
      position: size - KEPT_LOG_BYTES,
    });
    await handle.truncate();
    await handle.write(buffer, 0, bytesRead, 0);
  } finally {
    await handle.close();
  }
}

/** Starts the server in a session of its own; it writes only to its log. */
async function start({ stateDir, node, bin, env, idleMs = IDLE_MS }: DaemonOptions): Promise<Started> {
  const folder = localFolder(stateDir);
  const logFile = path.join(folder, 'daemon.log');
  const log = await inStateFolder(folder, async () => {
    await privateDir(folder);
    // Servers that still write to it append, so what they say next is at its new end.
    const size = await stat(logFile).then(
      (file) => file.size,
      () => 0,
    );
    if (size > MAX_LOG_BYTES) await keepEnd(logFile, size);
    return openSync(logFile, 'a', 0o600);
  });
  const child = spawn(node, [...NO_DEBUGGER, bin, 'local', 'serve', '--state-dir', stateDir], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
    env: { ...passedOn(env), [IDLE_VARIABLE]: String(idleMs) },
    cwd: folder,
  });
  let ended = false;
  const end = () => {
    ended = true;
  };
  child.once('error', end);
  child.once('exit', end);
  child.unref();
  closeSync(log);
  return { logFile, ended: () => ended };
}

/** The living server, if it takes the key of its file. */
async function answering({ stateDir, clock }: DaemonOptions): Promise<ReadyFile | undefined> {
  const server = await livingServer(stateDir);
  if (!server || (await askServer(server, '/_local/stats', clock)) === undefined) return undefined;
  return server;
}

function endpointOf({ base_url, api_key }: ReadyFile): LocalEndpoint {
  return { baseUrl: base_url, apiKey: api_key };
}

function passedOn(env: Env): Record<string, string> {
  const chosen = Object.entries(env).filter(([name]) => PASSED_ON.has(name) || PASSED_ON_NPM.test(name));
  return Object.fromEntries(chosen.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
