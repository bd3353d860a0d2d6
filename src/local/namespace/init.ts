/** The first process of a machine: everything else in it lives and dies with this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { withDeadline } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { sendSignal } from '../../core/process.ts';
import { tail } from '../../core/text.ts';
import type { MachineBoot } from '../runtimes/runtime.ts';
import bootScript from './boot.sh';
import { type FileCopy, TRUST_FOLDER } from './environment.ts';
import { assertUnchangeable, type Identity, machineIdentity } from './identity.ts';
import { copyReadable, handOver } from './ownership.ts';
import { pidNamespace } from './process-table.ts';
import { TOOL_PATH, type Tools } from './tools.ts';

export interface Init {
  /** Process id on the host of the machine's process 1. */
  pid: number;
  /** Process id on the host of the process that owns the machine's outer user namespace. */
  ownerPid: number;
  /** Whose processes these are on the host. */
  identity: Identity;
  /** Name of the machine's PID namespace; undefined when it was gone before it could be read. */
  namespace: string | undefined;
  /** Resolves when process 1 and with it, as the kernel has it, every other process of the machine is gone. */
  exited: Promise<void>;
  /** False from the moment on that `exited` resolves: the process ids may mean something else then. */
  alive(): boolean;
  /** Kills process 1, and with it the machine. */
  kill(): void;
}

// About what the root disk of a small machine leaves free; tmpfs takes memory only for what is written.
const ROOT_SIZE = '2400m';
// A boot takes 0.2 s; a computer under heavy load may need many times that.
const BOOT_TIMEOUT_MS = 30_000;
const NAMESPACES = [
  '--user',
  '--map-root-user',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--net',
  '--uts',
  '--ipc',
];

/**
 * Boots the namespaces. The new process holds the only other end of a pipe of ours: when this process dies, however
 * it does, the machine's first process reads the end of its stdin and takes the machine down with it.
 * @throws AppError `unavailable` with what the tools wrote in `foreign`; `timeout`; `unsupported` where a machine
 * could change what it meets of the host.
 */
export async function startInit(
  tools: Tools,
  boot: MachineBoot,
  copies: readonly FileCopy[],
  clock: Clock,
): Promise<Init> {
  const identity = machineIdentity();
  assertUnchangeable([tools.unshare, tools.nsenter, tools.bash], identity);
  await handOver(boot.homeDir, identity);
  const trust = openSync(await trustFolder(boot, copies), 'r');
  const child = bootProcess(tools, boot, identity, trust);
  closeSync(trust);
  child.stdin?.on('error', () => {});
  try {
    const exited = exit(child);
    const pid = await withDeadline(clock, BOOT_TIMEOUT_MS, 'Booting a local machine', undefined, () =>
      bootedPid(child, exited),
    );
    const alive = () => child.exitCode === null && child.signalCode === null;
    const namespace = pidNamespace(pid);
    const end = () => void (alive() && sendSignal(pid));
    return { pid, ownerPid: child.pid ?? pid, identity, namespace, exited, alive, kill: end };
  } catch (error) {
    // With it dies, by --kill-child, whatever it started.
    child.kill('SIGKILL');
    throw error;
  }
}

/** A folder that whoever the machine runs as may read; the one above it is closed to all others. */
async function trustFolder(boot: MachineBoot, copies: readonly FileCopy[]): Promise<string> {
  const folder = path.join(boot.scratchDir, 'trust');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  for (const { from, to } of copies) {
    const copy = path.join(folder, path.relative(TRUST_FOLDER, to));
    await mkdir(path.dirname(copy), { recursive: true });
    await chmod(path.dirname(copy), 0o755);
    // A file that is gone is no reason not to boot.
    await copyReadable(from, copy).catch(() => {});
  }
  return folder;
}

function bootProcess(tools: Tools, boot: MachineBoot, identity: Identity, trust: number): ChildProcess {
  return spawn(tools.unshare, [...NAMESPACES, tools.bash, '-c', bootScript, 'machine-boot'], {
    // Entered before the change of user, who may not reach it by its name.
    cwd: boot.homeDir,
    ...identity,
    // Away from the terminal's process group: Ctrl-C is for the server, which then stops its machines in order.
    detached: true,
    env: { PATH: TOOL_PATH, LC_ALL: 'C', ROOT_SIZE, MACHINE_HOSTNAME: hostname(boot.machineId) },
    stdio: ['pipe', 'pipe', 'pipe', trust],
  });
}

/** `unshare` ends only after the kernel has collected every process of the namespace whose first process died. */
async function exit(child: ChildProcess): Promise<void> {
  await once(child, 'exit').catch(() => {});
}

async function bootedPid(child: ChildProcess, exited: Promise<void>): Promise<number> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = tail(complaint + chunk.toString('utf8'), 2000);
  });
  const lines = child.stdout ? createInterface(child.stdout) : undefined;
  const line = lines && once(lines, 'line').then(([text]) => Number(text));
  const pid = await Promise.race([line, exited]);
  if (typeof pid === 'number' && Number.isInteger(pid) && pid > 1) return pid;
  throw new AppError('unavailable', 'The namespaces of a local machine could not be set up', {
    foreign: complaint,
  });
}

function hostname(machineId: string): string {
  const short = machineId.replace(/^dm-/, '').replace(/[^A-Za-z0-9]/g, '');
  return `machine-${short.slice(0, 8).toLowerCase() || 'local'}`;
}
