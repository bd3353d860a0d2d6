/** Finds every process of one machine by the mark in its environment, wherever setsid or a dead parent left it. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';
import { processStat } from '../../core/process.ts';

/** The variable that marks the processes of a machine; its value is the machine's id. */
export const MARKER = 'DEDALUS_LOCAL_MACHINE';

interface ProcessEntry {
  pid: number;
  parent: number;
  group: number | undefined;
  marked: boolean;
}

export interface MachineProcess {
  pid: number;
  /** Its process group; undefined when somebody else belongs to it too, or may. */
  group: number | undefined;
}

/** All processes that carry the mark, and of everything that descends from them (`env -i` drops the mark). */
export async function processesOf(machineId: string): Promise<MachineProcess[]> {
  const table = existsSync('/proc/self/environ') ? fromProc(machineId) : await fromPs(machineId);
  const found = new Set(table.filter((entry) => entry.marked).map((entry) => entry.pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of table) if (found.has(entry.parent)) found.add(entry.pid);
  }
  const shared = new Set(table.filter(({ pid }) => !found.has(pid)).map(({ group }) => group));
  return table
    .filter(({ pid }) => found.has(pid))
    .map(({ pid, group = 0 }) => ({ pid, group: group <= 1 || shared.has(group) ? undefined : group }));
}

/** Synchronous on purpose: hundreds of tiny reads cost five times as much through the thread pool. */
function fromProc(machineId: string): ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => procEntry(pid, machineId) ?? []);
}

/** Undefined for a process that is gone, a zombie, or somebody else's. */
function procEntry(pid: string, machineId: string): ProcessEntry | undefined {
  return attempt(() => {
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const stat = processStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const marked = environ.split('\0').includes(`${MARKER}=${machineId}`);
    return stat.isDead ? undefined : { ...stat, pid: Number(pid), marked };
  }, undefined);
}

/** macOS shows the environment of a user's own processes behind their command, except of the system's programs. */
async function fromPs(machineId: string): Promise<ProcessEntry[]> {
  const lines = await new Promise<string>((resolve) => {
    const args = ['-axEww', '-o', 'pid=,ppid=,stat=,command='];
    execFile('ps', args, { maxBuffer: 1 << 26 }, (_, stdout) => resolve(stdout));
  });
  return lines.split('\n').flatMap((line) => {
    const [, pid, parent, state, rest] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state?.startsWith('Z')) return [];
    const marked = ` ${rest} `.includes(` ${MARKER}=${machineId} `);
    return [{ pid: Number(pid), parent: Number(parent), group: undefined, marked }];
  });
}
