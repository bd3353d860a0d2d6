/** A machine that is only a temporary home on this computer: real bash, real processes, nothing of the cloud. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandResult, MachineCommand } from '../../../src/machine/ports.ts';

export interface HomeMachine {
  home: string;
  /** The machine's own environment; a test may add to it. */
  env: Record<string, string>;
  run(machineId: string, command: MachineCommand): Promise<CommandResult>;
  /** Everything that a reader of the API could see: commands, names of inputs, and output. */
  seen(): string;
  /** Kills the process of a pid file under `.openclaw-mcp`, as a power cut would. */
  kill(pidFile: string): Promise<void>;
  /** Kills what still runs from pid files in the home, and removes the home. */
  remove(): Promise<void>;
}

export async function homeMachine(env: Record<string, string> = {}): Promise<HomeMachine> {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-home-'));
  const machineEnv: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    ...env,
  };
  const seen: string[] = [];
  return {
    home,
    env: machineEnv,
    async run(_id, command) {
      const result = await execute(command, machineEnv, home);
      seen.push(...command.command, ...Object.keys(command.env ?? {}), result.stdout, result.stderr);
      return result;
    },
    seen: () => seen.join('\n'),
    async kill(pidFile) {
      const pid = Number.parseInt(await readFile(join(home, '.openclaw-mcp', pidFile), 'utf8'), 10);
      end(-pid);
      await gone(pid);
    },
    async remove() {
      for (const pid of await pidsUnder(join(home, '.openclaw-mcp'))) end(-pid);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function execute(command: MachineCommand, env: Record<string, string>, cwd: string): Promise<CommandResult> {
  const [file = '', ...args] = command.command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...env, ...command.env }, cwd, timeout: command.timeoutMs });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // It may close what it does not read.
    child.stdin.on('error', () => {});
    child.stdin.end(command.stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        exitCode: code ?? -1,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        truncated: false,
        executionId: 'exec-1',
      }),
    );
  });
}

async function pidsUnder(dir: string): Promise<number[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((e) => e.isFile() && (e.name === 'pid' || e.name.endsWith('.pid')));
  const texts = await Promise.all(files.map((e) => readFile(join(e.parentPath, e.name), 'utf8')));
  return texts.map((text) => Number.parseInt(text, 10)).filter((pid) => pid > 1);
}

/** A negative number means the whole process group, which a detached process leads. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
