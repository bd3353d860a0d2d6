/** What is done once a turn has ended: what its answer leaves open is asked, its end is kept, and old turns go. */
import { rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { mcpDir, type Place } from '../place.ts';
import { namesIn } from '../read-text.ts';
import { keepFailure, keepRunLog } from './explain.ts';
import {
  endingOf,
  filesIn,
  jobsDir,
  senderLives,
  sizeOf,
  type TurnFiles,
  turnFiles,
  writeOnce,
} from './files.ts';
import { dropImages } from './images.ts';
import { keepMadeFiles } from './made.ts';

const finishing = new Map<string, Promise<void>>();

/** Does nothing for a turn that runs, or whose end is kept already. Any number of processes may be at it at once. */
export function finish(place: Place, files: TurnFiles): Promise<void> {
  const known = finishing.get(files.dir);
  if (known !== undefined) return known;
  const work = keepEnd(place, files).finally(() => finishing.delete(files.dir));
  finishing.set(files.dir, work);
  return work;
}

async function keepEnd(place: Place, files: TurnFiles): Promise<void> {
  const ending = endingOf(files);
  if (ending === undefined || sizeOf(files.exit) > 0) return;
  await keepMadeFiles(place, files);
  try {
    if (ending.http === 200) {
      await keepFailure(place, files);
      keepRunLog(place, files);
    }
    writeOnce(files.exit, `${ending.endedMs} ${ending.curl} ${ending.http}\n`);
  } catch (error) {
    // The sender's own word is as good, and is there.
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
  }
  rmSync(files.request, { force: true });
  dropImages(place, basename(files.dir));
  await forgetOldTurns(place, files);
}

/** After a start of this program: turns that ended while nobody was there to see it. */
export async function finishAll(place: Place): Promise<void> {
  for (const name of turnsOf(place)) await finish(place, turnFiles(place, name));
}

const NEVER_FORGOTTEN = 10;
const KEPT = 50;
const WEEK_MS = 7 * 86_400_000;
const LANE_MS = 30 * 86_400_000;

/**
 * Keeps the newest 50 turns, and none but the newest ten for more than a week, which a clock that was set may call any
 * time; `self`, and one that still runs, stays.
 */
async function forgetOldTurns(place: Place, self: TurnFiles): Promise<void> {
  const now = systemClock.now();
  const turns = turnsOf(place)
    .map((name) => ({ files: turnFiles(place, name), at: changedAt(turnFiles(place, name).marker) }))
    .sort((a, b) => b.at - a.at);
  for (const [index, { files, at }] of turns.entries()) {
    const stays = index < NEVER_FORGOTTEN || (index < KEPT && now - at <= WEEK_MS);
    if (stays || files.dir === self.dir) continue;
    if (sizeOf(files.exit) > 0 || !(await senderLives(files)))
      rmSync(files.dir, { recursive: true, force: true });
  }
  const lanes = join(mcpDir(place), 'lanes');
  for (const name of namesIn(lanes)) {
    if (now - changedAt(join(lanes, name)) > LANE_MS) rmSync(join(lanes, name), { force: true });
  }
}

/** Ids of the turns that were begun here. */
export function turnsOf(place: Place): string[] {
  return namesIn(jobsDir(place)).filter((name) => changedAt(filesIn(join(jobsDir(place), name)).marker) > 0);
}

function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
