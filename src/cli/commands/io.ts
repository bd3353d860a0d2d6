/** What a command has of the process and of the person in front of it. */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../../config/config.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Watch } from '../../dedalus/wire.ts';
import { NO_DEBUGGER } from '../../local/daemon/no-debugger.ts';
import type { AssembledServer } from '../../server.ts';
import { type ServerFlags, serverOfProcess } from '../assemble.ts';
import { SIGNALS } from '../lifecycle.ts';
import { printer } from '../terminal.ts';
import { PROGRAM } from './words.ts';

export type InputStream = Readable & { isTTY?: boolean };
export type OutputStream = Writable & { isTTY?: boolean; columns?: number; hasColors?(): boolean };

/** Ends a wait when the person says so. */
export interface Interruptible {
  signal: AbortSignal;
  /** From now on Ctrl-C ends the program again. */
  done(): void;
}

export interface CommandIo {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  clock: Clock;
  /** Where the person is. */
  folder(): string;
  /** How the person starts this program. */
  program: string;
  /** The server that the flags ask for, in this process. @throws AppError `config` for a wrong flag. */
  server(flags: ServerFlags, watch?: Watch): AssembledServer;
  interruptible(): Interruptible;
  /** Has a process in the background follow an operation to its end, whatever becomes of this one. */
  carryOn(operationId: string, flags: ServerFlags): void;
}

/** Whether there is somebody who can be asked. */
export function hasPerson({ stdin, stderr }: Pick<CommandIo, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Of this process. */
export function processIo(): CommandIo {
  const note = printer(process.stderr);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    folder: () => process.cwd(),
    program: startedAs(process.env),
    // What goes well is told by the command itself.
    server: (flags, watch) =>
      serverOfProcess(
        flags,
        (line) => {
          if (!line.startsWith('info ')) note(`${line}\n`);
        },
        watch,
      ),
    interruptible: onSignals,
    carryOn: inBackground,
  };
}

function startedAs(env: Environment): string {
  return env.npm_command === 'exec' ? `npx -y ${PROGRAM}` : PROGRAM;
}

function onSignals(): Interruptible {
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of SIGNALS) process.on(signal, end);
  return {
    signal: ending.signal,
    done: () => {
      for (const signal of SIGNALS) process.off(signal, end);
    },
  };
}

/** The same program, of its own session: the terminal's Ctrl-C and its end do not reach it. */
function inBackground(operationId: string, flags: ServerFlags): void {
  // A server that only reads carries on nobody's work.
  if (flags.readOnly) return;
  const command = ['operation', operationId, '--json', ...(flags.local ? ['--local'] : [])];
  const args = [...NO_DEBUGGER, process.argv[1] ?? '', ...command];
  const child = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
  // Where it cannot be started, the next command that asks for the operation goes on with it.
  child.on('error', () => {});
  child.unref();
}
