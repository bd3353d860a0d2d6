/** This computer as a machine: commands run as child processes with a home of their own, as on a real one. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WaitOptions } from '../../src/core/abort.ts';
import type { CommandResult, MachineCommand, MachineService } from '../../src/machine/ports.ts';
import { SIDECAR_HASH, SIDECAR_TEXT } from '../../src/openclaw/sidecar/sidecar-bundle.ts';

export interface HostMachine extends Pick<MachineService, 'run'> {
  readonly home: string;
  /** Every command that ran, for what a reader of the API would see. */
  readonly commands: readonly MachineCommand[];
  /** Gives the machine the token that scripts send to the gateway. */
  configureGateway(token: string): Promise<void>;
  dispose(): Promise<void>;
}

/** A machine in a fresh temporary home. @param gatewayPort where its gateway listens on loopback. */
export async function hostMachine(gatewayPort = 18789): Promise<HostMachine> {
  const home = await mkdtemp(join(tmpdir(), 'host-machine-'));
  const commands: MachineCommand[] = [];
  // What a machine has had since its deploy.
  const bin = join(home, '.openclaw-mcp', 'node', 'bin');
  await mkdir(bin, { recursive: true, mode: 0o700 });
  await symlink(process.execPath, join(bin, 'node'));
  const programs = join(home, '.openclaw-mcp', 'sidecar');
  await mkdir(programs, { mode: 0o700 });
  await writeFile(join(programs, `${SIDECAR_HASH}.mjs`), SIDECAR_TEXT, { mode: 0o600 });
  return {
    home,
    commands,
    async run(_machineId, command, options) {
      commands.push(command);
      const env = { PATH: process.env.PATH ?? '', HOME: home, OPENCLAW_GATEWAY_PORT: String(gatewayPort) };
      return runHere(command, { ...env, ...command.env }, home, options);
    },
    async configureGateway(token) {
      await mkdir(join(home, '.openclaw-mcp'), { recursive: true, mode: 0o700 });
      const file = join(home, '.openclaw-mcp', 'auth');
      await writeFile(file, `Authorization: Bearer ${token}\n`, { mode: 0o600 });
    },
    dispose: () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }),
  };
}

function runHere(
  command: MachineCommand,
  env: Record<string, string>,
  cwd: string,
  options: WaitOptions | undefined,
): Promise<CommandResult> {
  const [program = '', ...args] = command.command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, timeout: command.timeoutMs, signal: options?.signal });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== null) reject(new Error(`The command was ended by ${signal}: ${stderr}`));
      else resolve({ exitCode: code ?? -1, stdout, stderr, truncated: false, executionId: 'host' });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(command.stdin ?? '');
  });
}
