/** A note of a machine's first process, so that a server can end what an earlier, killed one may have left. */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { processStat } from '../../core/process.ts';
import type { MachineBoot } from '../runtimes/runtime.ts';
import { endNamespace } from './end-namespace.ts';
import { pidNamespace } from './process-table.ts';

/** A process, told apart from a later one with the same number by when it started (in clock ticks since boot). */
export interface ProcessIdentity {
  pid: number;
  startTicks: string;
}

/** Where the note is while the machine runs. */
export function recordFile(boot: MachineBoot): string {
  return path.join(boot.scratchDir, 'init.json');
}

/** The identity of a running process of this computer; undefined when there is none. A zombie counts as none. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const { startTicks, isDead } = processStat(stat);
  return startTicks === undefined || isDead ? undefined : { pid, startTicks };
}

/** Ends the recorded process, waits until it is gone and empties the folder. @throws AppError `timeout` */
export async function killRecorded(boot: MachineBoot, clock: Clock): Promise<void> {
  const record = identityIn(await readFile(recordFile(boot), 'utf8').catch(() => ''));
  if (record && (await isRunning(record))) {
    const namespace = pidNamespace(record.pid);
    const over = async () => !(await isRunning(record));
    await endNamespace({ first: record.pid, namespace, over, clock });
  }
  await emptyScratch(boot);
}

/** Removes whatever a machine that is gone had in its folder. */
export async function emptyScratch(boot: MachineBoot): Promise<void> {
  const names = await readdir(boot.scratchDir).catch(() => []);
  for (const name of names) await rm(path.join(boot.scratchDir, name), { recursive: true, force: true });
}

async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await processIdentity(identity.pid))?.startTicks === identity.startTicks;
}

/** A note that was cut off while it was written says nothing. */
function identityIn(text: string): ProcessIdentity | undefined {
  const [, pid, startTicks] = /^\{"pid":(\d+),"startTicks":"(\d+)"\}$/.exec(text) ?? [];
  return pid === undefined || startTicks === undefined ? undefined : { pid: Number(pid), startTicks };
}
