/** Machines for the tests of the namespace runtime, on real namespaces, in folders that go away afterwards. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type InheritedTrust, namespaceRuntime, probeNamespace } from '../../../src/local/namespace/index.ts';
import type {
  MachineBoot,
  RunningCommand,
  RunningMachine,
  Runtime,
} from '../../../src/local/runtimes/runtime.ts';

const probe = await probeNamespace();
export const unavailable = !probe.available;
/** Shown with every skipped suite. */
export const why = probe.available ? '' : ` (skipped: ${probe.reason})`;

export const NO_TRUST: InheritedTrust = { env: {}, files: [] };

const cleanUps: (() => unknown)[] = [];
const cleanUp = async () => {
  for (const work of cleanUps.splice(0).reverse()) await work();
};
afterEach(cleanUp);

/** Runs `work` after the test, latest first. */
export function afterwards(work: () => unknown): void {
  cleanUps.push(work);
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'namespace-test-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function bootFolders(machineId = 'dm-0a1b2c3d-test'): MachineBoot {
  const folder = temporaryFolder();
  const boot = { machineId, homeDir: path.join(folder, 'home'), scratchDir: path.join(folder, 'scratch') };
  mkdirSync(boot.homeDir, { mode: 0o700 });
  mkdirSync(boot.scratchDir, { mode: 0o700 });
  return boot;
}

export interface Started {
  runtime: Runtime;
  boot: MachineBoot;
  machine: RunningMachine;
}

export async function started(trust = NO_TRUST, boot = bootFolders()): Promise<Started> {
  const runtime = namespaceRuntime({ trust });
  const machine = await booted(runtime, boot);
  return { runtime, boot, machine };
}

/** One machine for all tests of a suite that leave nothing in it. Call within `describe`. */
export function shared(): () => Started {
  let one: Started | undefined;
  let later: (() => unknown)[] = [];
  beforeAll(async () => {
    one = await started();
    later = cleanUps.splice(0);
  });
  afterAll(async () => {
    cleanUps.push(...later);
    await cleanUp();
  });
  return () => {
    if (one === undefined) throw new Error('asked for before the suite began');
    return one;
  };
}

/** A machine that is stopped after the test. */
export async function booted(runtime: Runtime, boot: MachineBoot): Promise<RunningMachine> {
  const machine = await runtime.boot(boot);
  afterwards(() => machine.stop());
  return machine;
}

export interface Result {
  out: string;
  err: string;
  exitCode: number | undefined;
  signal: string | undefined;
}

/** Runs a line of bash. */
export function bash(
  machine: RunningMachine,
  script: string,
  env: Record<string, string> = {},
): Promise<Result> {
  return result(machine.run({ command: ['bash', '-c', script], env, stdin: undefined, cwd: undefined }));
}

export async function result(command: RunningCommand): Promise<Result> {
  const [out, err, end] = await Promise.all([text(command.stdout), text(command.stderr), command.ended]);
  return { out: out.trim(), err: err.trim(), ...end };
}

/** Command lines of every process of this computer that contain `marker`. */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(marker));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
