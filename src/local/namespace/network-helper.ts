/** A small Node process in a machine's network: sockets that it makes belong there, wherever they travel afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { NO_DEBUGGER } from '../no-debugger.ts';
import type { Init } from './init.ts';
import type { Tools } from './tools.ts';

/**
 * Starts one. It must end when its IPC channel does: an open one keeps the network alive.
 * @param code constant text of ours, since the bundle is a single file.
 */
export function networkHelper(
  tools: Tools,
  init: Init,
  code: string,
  args: readonly string[] = [],
): ChildProcess {
  const enter = ['--target', `${init.ownerPid}`, '--user', '--net', '--preserve-credentials', '--'];
  const quiet = `process.on('SIGUSR1', () => {});${code}`;
  return spawn(tools.nsenter, [...enter, process.execPath, ...NO_DEBUGGER, '-e', quiet, ...args], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
