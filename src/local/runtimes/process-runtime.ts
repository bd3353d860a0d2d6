/** Machines as plain child processes with a home of their own: works on every computer, isolates nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { listenOnLoopback } from '../../core/listen.ts';
import { poll } from '../../core/poll.ts';
import { sendSignal } from '../../core/process.ts';
import { type Env, type HostTrust, pick } from './host-trust.ts';
import { MARKER, type MachineProcess, processesOf } from './process-table.ts';
import {
  bootMark,
  type CommandEnd,
  type CommandSpec,
  type MachineBoot,
  type RunningCommand,
  type RunningMachine,
  type Runtime,
} from './runtime.ts';

// What a command needs of this computer's environment; everything else, keys above all, stays out.
const INHERITED = ['PATH', 'USER', 'LOGNAME', 'SHELL'] as const;
// SIGKILL works at once; a process that is still there after this hangs in the kernel.
const END_TIMEOUT_MS = 10_000;
const EMPTY_LOOKS = 5;

export interface ProcessRuntimeOptions {
  /** This computer's environment, of which an allow-list is passed on. */
  env: Env;
  trust: HostTrust;
}

export function processRuntime(options: ProcessRuntimeOptions): Runtime {
  return {
    name: 'process',
    boot: async (boot) => {
      const tmpDir = path.join(boot.scratchDir, 'tmp');
      await mkdir(tmpDir, { recursive: true, mode: 0o700 });
      const port = await freePort();
      return new ProcessMachine(boot, {
        ...pick(options.env, INHERITED),
        ...options.trust.env,
        HOME: boot.homeDir,
        TMPDIR: tmpDir,
        // Several machines share this computer's loopback, so that each gateway needs a port of its own.
        OPENCLAW_GATEWAY_PORT: String(port),
        ...bootMark(),
      });
    },
    cleanUp: (boot) => endProcesses(boot.machineId),
  };
}

class ProcessMachine implements RunningMachine {
  // There is no first process whose death would be the machine's.
  readonly died = new Promise<void>(() => {});
  readonly #boot: MachineBoot;
  readonly #env: Readonly<Record<string, string>>;

  constructor(boot: MachineBoot, env: Readonly<Record<string, string>>) {
    this.#boot = boot;
    this.#env = env;
  }

  run(spec: CommandSpec): RunningCommand {
    const [program = '', ...args] = spec.command;
    const cwd = spec.cwd ?? this.#boot.homeDir;
    if (!existsSync(cwd)) throw new Error(`no such folder: ${cwd}`);
    const child = spawn(program, args, {
      cwd,
      env: { ...this.#env, ...spec.env, [MARKER]: this.#boot.machineId },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own, so that kill() reaches what the command started.
      detached: true,
    });
    // A command that does not read its input closes it.
    child.stdin.on('error', () => {});
    child.stdin.end(spec.stdin ?? '');
    return {
      stdout: child.stdout,
      stderr: child.stderr,
      ended: endOf(child),
      kill: () => {
        if (child.pid !== undefined) sendSignal(-child.pid);
      },
    };
  }

  async connect(port: number): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return socket;
  }

  stop(): Promise<void> {
    return endProcesses(this.#boot.machineId);
  }
}

/** Resolves after exit and the end of both streams. Rejects when the command could not be started. */
async function endOf(child: ChildProcess): Promise<CommandEnd> {
  const [code, signal] = await once(child, 'close');
  return { exitCode: code ?? undefined, signal: signal ?? undefined };
}

/**
 * SIGKILLs every process of the machine until some looks in a row find none: one look may miss a process that is forked
 * meanwhile or just becomes another program, and two have missed one that did so all the time on a busy computer. They are
 * stopped first, since a stopped process cannot fork: otherwise one that keeps forking would always be a process ahead.
 * @throws AppError `timeout` that names the processes that resist
 */
async function endProcesses(machineId: string): Promise<void> {
  const pace = { intervalMs: 5, maxIntervalMs: 100, timeoutMs: END_TIMEOUT_MS };
  let left: MachineProcess[] = [];
  let empty = 0;
  try {
    await poll({ clock: systemClock, what: 'processes to end', ...pace }, async () => {
      left = await processesOf(machineId);
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
        for (const { pid, group } of left) {
          // The whole group at once, which no fork escapes, where all of it is the machine's.
          if (group !== undefined) sendSignal(-group, signal);
          sendSignal(pid, signal);
        }
      }
      empty = left.length === 0 ? empty + 1 : 0;
      return { done: empty >= EMPTY_LOOKS || undefined };
    });
  } catch (cause) {
    if (!isAppError(cause, 'timeout')) throw cause;
    const pids = left.map(({ pid }) => pid).join(', ');
    throw new AppError('timeout', `Processes of a local machine do not end: ${pids}`, { cause });
  }
}

/** A loopback port that nothing listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}
