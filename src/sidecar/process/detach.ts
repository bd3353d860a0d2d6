/** Starts what outlives its starter: in a session of its own, and named in its pid file before its first line runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { childEnvironment } from './environment.ts';
import { PROC, writePidFile } from './identity.ts';

export interface Detached {
  pidFile: string;
  /** Files that its output replaces; the same name for both is one stream. */
  stdout: string;
  stderr: string;
  /** Program and arguments. No secret: every user of the machine sees them. */
  command: readonly string[];
  cwd?: string;
  /** All that it sees; our own inputs are left out by `childEnvironment`. */
  env?: NodeJS.ProcessEnv;
  /** 0 to 1000: the higher, the sooner the kernel ends it when memory is short. Where the machine has such a thing. */
  oomScore?: number;
}

export interface Started {
  pid: number;
  /** Resolves when it ends while its starter still lives; holds nobody up. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Waits for a word, then becomes the command: whoever dies before saying it has started nothing. */
const WAIT_THEN_BECOME = 'read -r word <&3 && [ "$word" = go ] && exec "$@" 3<&-';

/** @throws the system's error where no process or file can be made; then nothing runs. */
export async function detach(options: Detached, proc = PROC): Promise<Started> {
  const { pidFile, stdout, stderr, oomScore, ...what } = options;
  const out = openSync(stdout, 'w', 0o600);
  const err = stderr === stdout ? out : openSync(stderr, 'w', 0o600);
  const waiting = await spawnWaiting(what, out, err).finally(() => {
    closeSync(out);
    if (err !== out) closeSync(err);
  });
  const { pid, exited } = waiting;
  try {
    await writePidFile(pidFile, pid, proc);
    if (oomScore !== undefined) raiseOomScore(pid, oomScore, proc);
    await waiting.begin();
  } catch (error) {
    waiting.giveUp();
    throw error;
  }
  return { pid, exited };
}

/** A process that has its number and has done nothing yet. */
export interface Waiting extends Started {
  /** From here on it is the command, whatever becomes of its starter. */
  begin(): Promise<void>;
  /** It ends without having done anything. */
  giveUp(): void;
}

/**
 * For whoever has something to write down under the number of a process before that does anything.
 * @param out where its output goes, an open file, which stays the caller's to close; `err` likewise.
 */
export async function spawnWaiting(
  { command, cwd, env }: Pick<Detached, 'command' | 'cwd' | 'env'>,
  out: number,
  err: number,
): Promise<Waiting> {
  const child = spawn('/bin/sh', ['-c', WAIT_THEN_BECOME, 'sh', ...command], {
    cwd,
    env: env ?? childEnvironment(),
    detached: true,
    stdio: ['ignore', out, err, 'pipe'],
  });
  const exited = ending(child);
  await once(child, 'spawn');
  const word = child.stdio[3] as Writable;
  // It may be killed before it hears the word.
  word.on('error', () => {});
  return {
    pid: child.pid ?? 0,
    exited,
    async begin() {
      word.end('go\n');
      await once(word, 'close');
      child.unref();
    },
    giveUp() {
      word.destroy();
      child.unref();
    },
  };
}

function ending(child: ChildProcess): Started['exited'] {
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
}

/** The higher of 0 to 1000, the sooner the kernel ends it when memory is short. To lower it again needs root. */
export function raiseOomScore(pid: number, score: number, proc = PROC): void {
  try {
    writeFileSync(`${proc}/${pid}/oom_score_adj`, String(score));
  } catch {
    // Not every machine has one; it is a preference.
  }
}
