/** One server per state folder, also after the one before was killed. */

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { processLives, readIfThere, withFileLock, writePrivate } from '../../core/files.ts';
import { parseJson } from '../../core/json.ts';
import { processStat } from '../../core/process.ts';

const holderSchema = z.object({
  pid: z.number(),
  /** Tells a process from a later one with the same id. */
  startedAt: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Takes the folder for this process; the result gives it back.
 * @throws AppError `conflict` when another living server has it.
 */
export async function lockStateDir(clock: Clock, stateDir: string): Promise<() => Promise<void>> {
  const file = lockPath(stateDir);
  await withFileLock(clock, `${file}.guard`, async () => {
    const holder = parseHolder(await readIfThere(file));
    if (holder && (await isHolder(holder))) {
      throw new AppError('conflict', `Another local API (process ${holder.pid}) is using this state folder`, {
        next: 'Use that one, end it first, or name another folder with --state-dir.',
        details: { pid: holder.pid, state_dir: stateDir },
      });
    }
    const mine: Holder = { pid: process.pid, startedAt: await startOf(process.pid) };
    await writePrivate(file, JSON.stringify(mine));
  });
  return () => rm(file, { force: true });
}

/** Process id of the living server that has the folder; undefined when none has. */
export async function livingHolder(stateDir: string): Promise<number | undefined> {
  const holder = parseHolder(await readIfThere(lockPath(stateDir)));
  return holder !== undefined && (await isHolder(holder)) ? holder.pid : undefined;
}

function lockPath(stateDir: string): string {
  return path.join(stateDir, 'server.lock');
}

async function isHolder(holder: Holder): Promise<boolean> {
  return processLives(holder.pid) && (await startOf(holder.pid)) === holder.startedAt;
}

function parseHolder(text: string | undefined): Holder | undefined {
  return holderSchema.safeParse(parseJson(text)).data;
}

/** When a process started, in whatever unit this computer counts; empty when it is gone. */
async function startOf(pid: number): Promise<string> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (stat !== undefined) return processStat(stat).startTicks ?? '';
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (_, stdout) => resolve(stdout.trim()));
  });
}
