/** Who a process is. A number alone is no identity: after a reboot or a wake the same pid is somebody else. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { readText } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';

/** Where the kernel tells of processes; macOS has none. */
export const PROC = '/proc';

/** "pid start boot", as pid files and locks hold it. Undefined where no such process runs; one that only waits to be reaped runs no more. */
export async function identityOf(pid: number, proc = PROC): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (existsSync(`${proc}/self`)) return fromProc(pid, proc);
  if (!lives(pid)) return undefined;
  const start = await startTime(pid);
  return start === undefined ? undefined : `${pid} ${start} -`;
}

function fromProc(pid: number, proc: string): string | undefined {
  const stat = readText(`${proc}/${pid}/stat`);
  if (stat === '') return undefined;
  // The name in parentheses may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readText(`${proc}/sys/kernel/random/boot_id`).trim() || '-';
  return `${pid} ${fields[19]} ${boot}`;
}

function startTime(pid: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (error, stdout) =>
      resolve(error === null ? stdout.replace(/\n+$/, '').replace(/ +/g, '_') : undefined),
    );
  });
}

/** Whether a pid is taken, by whomever. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/** What a pid file says, whether or not that process still runs; undefined where there is none that says anything. */
export function knownIdentity(pidFile: string): string | undefined {
  const line = readText(pidFile).split('\n', 1)[0] ?? '';
  return /^[1-9]\d* \S+ \S+$/.test(line) ? line : undefined;
}

/** The pid in a pid file, where that very process still runs. */
export async function livePid(pidFile: string, proc = PROC): Promise<number | undefined> {
  const known = knownIdentity(pidFile);
  if (known === undefined) return undefined;
  const pid = Number.parseInt(known, 10);
  return (await identityOf(pid, proc)) === known ? pid : undefined;
}

/** Whether a process of this identity ran in this boot of the machine and does no longer. */
export async function endedInThisBoot(pidFile: string, proc = PROC): Promise<boolean> {
  const known = knownIdentity(pidFile);
  if (known === undefined || (await livePid(pidFile, proc)) !== undefined) return false;
  const self = await identityOf(process.pid, proc);
  return known.split(' ')[2] === self?.split(' ')[2];
}

/** @returns false where `pid` is gone already. */
export async function writePidFile(pidFile: string, pid: number, proc = PROC): Promise<boolean> {
  const identity = await identityOf(pid, proc);
  if (identity === undefined) return false;
  writeWhole(pidFile, `${identity}\n`);
  return true;
}

const LOOK_MS = 50;

/**
 * TERM, then KILL for what still runs after `timeoutMs`. The pid file stays.
 * Looks by real time: what is waited for is another process.
 */
export async function endProcess(
  pidFile: string,
  timeoutMs: number,
  proc = PROC,
): Promise<'not_running' | 'stopped' | 'killed'> {
  const pid = await livePid(pidFile, proc);
  if (pid === undefined) return 'not_running';
  const begun = systemClock.elapsed();
  let ended: 'stopped' | 'killed' = 'stopped';
  signal(pid, 'SIGTERM');
  while ((await livePid(pidFile, proc)) !== undefined) {
    if (systemClock.elapsed() - begun > timeoutMs) {
      signal(pid, 'SIGKILL');
      ended = 'killed';
    }
    await pause(LOOK_MS);
  }
  return ended;
}

/** Its end may come first. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Looked at again by whoever waits.
  }
}
