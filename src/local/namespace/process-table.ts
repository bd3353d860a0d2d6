/** The host's processes, as /proc shows them: who belongs to whom, and to which PID namespace. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';
import { type ProcessStat, processStat } from '../../core/process.ts';

/** One process. Ids are the host's. */
export interface ProcessEntry extends ProcessStat {
  pid: number;
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
  return attempt(() => ({ pid, ...processStat(readFileSync(`/proc/${pid}/stat`, 'latin1')) }), undefined);
}

function link(file: string): string | undefined {
  return attempt(() => readlinkSync(file), undefined);
}
