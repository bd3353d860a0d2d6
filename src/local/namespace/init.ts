/** The first process of a machine: everything else in it lives and dies with this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { withDeadline } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { tail } from '../../core/text.ts';
import type { MachineBoot } from '../runtime.ts';
import bootScript from './boot.sh';
import type { FileCopy } from './environment.ts';
import { kill } from './kill.ts';
import { TOOL_PATH, type Tools } from './tools.ts';

export interface Init {
  /** Process id on the host of the machine's process 1. */
  pid: number;
  /** Process id on the host of the process that owns the machine's outer user namespace. */
  ownerPid: number;
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
 * @throws AppError `unavailable` with what the tools wrote in `foreign`; `timeout`.
 */
export async function startInit(
  tools: Tools,
  boot: MachineBoot,
  copies: readonly FileCopy[],
  clock: Clock,
): Promise<Init> {
  const files = copies.flatMap(({ from, to }) => [from, to]);
  const child = spawn(
    tools.unshare,
    [...NAMESPACES, tools.bash, '-c', bootScript, 'machine-boot', ...files],
    {
      cwd: '/',
      // Away from the terminal's process group: Ctrl-C is for the server, which then stops its machines in order.
      detached: true,
      env: {
        PATH: TOOL_PATH,
        LC_ALL: 'C',
        ROOT_SIZE,
        MACHINE_ROOT: boot.scratchDir,
        MACHINE_HOME: boot.homeDir,
        MACHINE_HOSTNAME: hostname(boot.machineId),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  child.stdin.on('error', () => {});
  try {
    const exited = exit(child);
    const pid = await withDeadline(clock, BOOT_TIMEOUT_MS, 'Booting a local machine', undefined, () =>
      bootedPid(child, exited),
    );
    const alive = () => child.exitCode === null && child.signalCode === null;
    return { pid, ownerPid: child.pid ?? pid, exited, alive, kill: () => alive() && kill(pid) };
  } catch (error) {
    // With it dies, by --kill-child, whatever it started.
    child.kill('SIGKILL');
    throw error;
  }
}

/** `unshare` ends only after the kernel has collected every process of the namespace whose first process died. */
async function exit(child: ChildProcess): Promise<void> {
  await once(child, 'exit').catch(() => {});
}

async function bootedPid(child: ReturnType<typeof spawn>, exited: Promise<void>): Promise<number> {
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
