/** The host's processes, as /proc shows them: who belongs to whom, to which PID namespace, and how all of one are ended. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';

/** One process. Ids are the host's. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  /** Dead, and not yet collected by its parent. */
  zombie: boolean;
}

/** Every process that is there now. Synchronous on purpose: hundreds of tiny reads cost more through the thread pool. */
export function processTable(): ProcessEntry[] {
  return processIds().flatMap((pid) => entry(pid) ?? []);
}

/** Name of the namespace that process `pid` lives in; undefined when it is gone or somebody else's. */
export function pidNamespace(pid: number): string | undefined {
  return link(`/proc/${pid}/ns/pid`);
}

/** Processes outside of a namespace whose children are born in it: those that enter it, and wait for what they started. */
export function enterersOf(namespace: string): number[] {
  return processIds().filter(
    (pid) =>
      link(`/proc/${pid}/ns/pid_for_children`) === namespace && link(`/proc/${pid}/ns/pid`) !== namespace,
  );
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function entry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the name in parentheses, which may hold anything: state, parent, process group.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(parent), group: Number(group), zombie: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}

function link(file: string): string | undefined {
  return attempt(() => readlinkSync(file), undefined);
}

/** SIGKILL, or another signal, to process `pid` of the host (a group when negative); one that is gone already is fine. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}
