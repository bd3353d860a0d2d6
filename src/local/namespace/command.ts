/** One command inside a running machine, from spawn to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock } from '../../core/clock.ts';
import type { CommandEnd, CommandSpec, RunningCommand } from '../runtimes/runtime.ts';
import { MACHINE_HOME } from './environment.ts';
import type { Init } from './init.ts';
import { killGroup } from './process-group.ts';
import { commandStdio } from './stdio.ts';
import type { Tools } from './tools.ts';

// The shell's number for "found, but could not be started".
const CANNOT_EXECUTE = 126;
// The loader of the host's own nsenter would obey these, so they go in behind it. None of them holds a secret.
const LOADER_VARIABLE = /^(?:LD_|GLIBC_|GCONV_|LOC_|LOCPATH|NLSPATH|MALLOC_)/;

/** The machine that a command runs in. */
export interface Inside {
  tools: Tools;
  init: Init;
  /** A private folder of the host; nothing stays in it. */
  scratchDir: string;
  clock: Clock;
}

export interface InsideCommand {
  command: RunningCommand;
  /** Resolves when no process of the host stands for the command any more, whether its output was read or not. */
  gone: Promise<void>;
}

/**
 * Runs `spec` with exactly the environment `env`, once `ready` resolves. Never throws: a command that cannot be
 * started ends with an exit code and a line on its stderr, as in a shell.
 */
export function runInside(
  inside: Inside,
  spec: CommandSpec,
  env: Readonly<Record<string, string>>,
  ready: Promise<void>,
): InsideCommand {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let child: ChildProcess | undefined;
  let killed = false;
  let over = false;

  const start = async (): Promise<CommandEnd> => {
    // Without its forwards a command still runs, and finds the port closed.
    await ready.catch(() => {});
    const pipes = await commandStdio(
      inside.tools.mkfifo,
      inside.scratchDir,
      inside.init.identity,
      spec.stdin,
    );
    pipes.stdout.pipe(stdout);
    pipes.stderr.pipe(stderr);
    try {
      // The machine's process ids mean nothing, or somebody else, once it is gone.
      if (killed || !inside.init.alive()) return { exitCode: undefined, signal: 'SIGKILL' };
      child = spawnInside(inside, spec, env, pipes.stdio);
    } finally {
      pipes.release();
    }
    return exit(child);
  };
  const exited = start().catch((error: unknown) => {
    stderr.end(`${spec.command[0] ?? ''}: cannot be started (${reason(error)})\n`);
    stdout.end();
    return { exitCode: CANNOT_EXECUTE, signal: undefined };
  });
  const ended = Promise.all([exited, read(stdout), read(stderr)]).then(([how]) => {
    over = true;
    return how;
  });
  const kill = () => {
    killed = true;
    // Also when the command itself has ended but others of its group still hold its output.
    if (child?.pid !== undefined && !over) void killGroup(child.pid, () => over, inside.clock);
  };
  return { command: { stdout, stderr, ended, kill }, gone: exited.then(() => {}) };
}

function spawnInside(
  { tools, init }: Inside,
  spec: CommandSpec,
  env: Readonly<Record<string, string>>,
  stdio: (number | 'ignore')[],
): ChildProcess {
  const entries = Object.entries(env);
  const behind = entries
    .filter(([name]) => LOADER_VARIABLE.test(name))
    .map(([name, value]) => `${name}=${value}`);
  const args = [
    // First root of the namespace that owns the others, then of the one that commands live in.
    ...['--target', `${init.ownerPid}`, '--user', '--preserve-credentials', '--', tools.nsenter],
    ...['--target', `${init.pid}`, '--user', '--mount', '--pid', '--net', '--uts', '--ipc'],
    ...['--preserve-credentials', '--', '/usr/bin/env', `--chdir=${spec.cwd ?? MACHINE_HOME}`, '--'],
    ...behind,
    ...spec.command,
  ];
  return spawn(tools.nsenter, args, {
    cwd: '/',
    ...init.identity,
    // A process group of its own, for kill().
    detached: true,
    // The environment travels as one, never as arguments: those can be read by everybody on the computer.
    env: Object.fromEntries(entries.filter(([name]) => !LOADER_VARIABLE.test(name))),
    stdio,
  });
}

function exit(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve({ exitCode: signal === null ? (code ?? undefined) : undefined, signal: signal ?? undefined }),
    );
  });
}

async function read(stream: PassThrough): Promise<void> {
  await finished(stream, { writable: false }).catch(() => {});
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
