/** A small Node process in a machine's network: sockets that it opens belong to that network, also once they were handed to this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { at } from '../../../core/patch.ts';
import { NO_DEBUGGER } from '../../daemon/no-debugger.ts';
import type { Init } from '../init.ts';
import type { Tools } from '../tools.ts';

// Behind stdin, stdout, stderr and the IPC channel.
const NODE = '/proc/self/fd/4';

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
  // Opened here: Node often lies in a home that is closed to whoever the machine runs as.
  const node = openSync(process.execPath, 'r');
  try {
    return spawn(tools.nsenter, [...enter, NODE, ...NO_DEBUGGER, '-e', quiet, ...args], {
      ...init.identity,
      cwd: '/',
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', node],
    });
  } finally {
    closeSync(node);
  }
}

/** What a helper sends: the number of what it was asked for, by the name that its code gives it. */
export function numberIn(message: unknown, name: 'id' | 'index'): number | undefined {
  const value = at(message, name);
  return typeof value === 'number' ? value : undefined;
}
