/** Turns that were sent and whose sender still waits for the answer. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { mcpDir, type Place } from '../place.ts';
import { identityOf } from '../process/identity.ts';
import { namesIn, readText } from '../read-text.ts';

/** Their ids. */
export async function runningTurns(place: Place): Promise<string[]> {
  const jobs = join(mcpDir(place), 'jobs');
  const found: string[] = [];
  for (const id of namesIn(jobs)) if (await isRunning(join(jobs, id))) found.push(id);
  return found;
}

/** `sending` holds when it was sent and by whom, `exit` how that ended. */
async function isRunning(folder: string): Promise<boolean> {
  if (sizeOf(join(folder, 'turn')) === undefined || sizeOf(join(folder, 'exit'))) return false;
  const [, sender] = /^\S+ (\d+ \S+ \S+)$/m.exec(readText(join(folder, 'sending'))) ?? [];
  return sender !== undefined && (await identityOf(Number.parseInt(sender, 10))) === sender;
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size;
