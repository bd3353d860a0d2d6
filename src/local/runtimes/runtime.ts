/** The port between the local API and whatever isolates its machines on this computer. */
import { randomBytes } from 'node:crypto';

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface MachineBoot {
  machineId: string;
  /** Host folder that becomes the machine's persistent home; exists, mode 0700, survives sleep. */
  homeDir: string;
  /** Host folder for whatever else this boot needs; the runtime may leave nothing in it after stop(). */
  scratchDir: string;
}

export interface CommandSpec {
  /** argv; the first word is looked up in the machine's PATH. */
  command: readonly string[];
  /** Added to the machine's own environment. */
  env: Readonly<Record<string, string>>;
  stdin: string | undefined;
  /** Path inside the machine; its home when undefined. */
  cwd: string | undefined;
}

/** How a command ended: exactly one of the two is set. */
export interface CommandEnd {
  exitCode: number | undefined;
  signal: string | undefined;
}

export interface RunningCommand {
  stdout: Readable;
  stderr: Readable;
  /** Resolves when the command has exited and both streams are at their end. */
  ended: Promise<CommandEnd>;
  /** SIGKILLs the command and its process group; processes that left it with setsid stay, as on the real platform. */
  kill(): void;
}

export interface RunningMachine {
  run(spec: CommandSpec): RunningCommand;
  /** A connection to a port on the machine's own loopback; rejects when nothing listens there. Ends with the machine. */
  connect(port: number): Promise<Socket>;
  /** Power off: every process of the machine is gone when this resolves, and its disposable root with them. */
  stop(): Promise<void>;
  /** Resolves when the machine died without stop() (its first process was killed, say). */
  died: Promise<void>;
}

export interface Runtime {
  readonly name: 'namespace' | 'process';
  boot(boot: MachineBoot): Promise<RunningMachine>;
  /** Ends whatever an earlier, killed server left running for this machine. */
  cleanUp(boot: MachineBoot): Promise<void>;
}

/** For the environment of one boot of one machine. */
export const bootMark = () => ({ DEDALUS_LOCAL_BOOT: randomBytes(8).toString('hex') });
