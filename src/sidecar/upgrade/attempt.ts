/** A change that is tried: what makes it fail is remembered, undone and told. */
import { ensureGateway } from '../gateway/ensure.ts';
import type { Job } from '../jobs/job.ts';
import { failureOf, readResult, resultText } from '../jobs/result.ts';
import { readUpTo } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';
import { changeFolder, stepOf, writeStep } from './change-folder.ts';
import { giveRoom, undoChange, whileHoldingGateway } from './change-state.ts';

const MAX_TOLD = 64 * 1024;

/** Tries where nothing has failed yet. @returns whether the change is done. */
export async function attempted({ place }: Job, change: () => Promise<void>): Promise<boolean> {
  if (['begun', 'changing'].includes(stepOf(place))) {
    try {
      await whileHoldingGateway(place, change);
      writeStep(place, 'done');
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
      giveRoom(place);
      // For a run that is killed while it undoes this.
      writeWhole(changeFolder(place).attempt, resultText(failureOf(error)));
    }
  }
  return stepOf(place) === 'done';
}

export interface Undone {
  rolled_back: 'yes';
  /** Code of why. */
  cause: string;
  /** Code of why the gateway of before does not work either. */
  before_fails?: string;
  /** What was printed. Foreign. */
  detail?: string;
}

/** Undoes what an attempt could not bring to its end, starts the gateway of before, and tells both. */
export async function undoAttempt({ place, addresses, stage }: Job): Promise<Undone> {
  const told = readResult(readUpTo(changeFolder(place).attempt, MAX_TOLD) ?? '');
  await undoChange(place, stage);
  const undone: Undone = { rolled_back: 'yes', cause: told.error ?? 'unexpected' };
  try {
    await ensureGateway(place, { addresses, stage });
    return { ...undone, ...detailOf(told) };
  } catch (error) {
    const now = failureOf(error);
    return { ...undone, before_fails: now.error ?? 'unexpected', ...detailOf(now) };
  }
}

const detailOf = ({ detail }: Record<string, string>) => (detail === undefined ? {} : { detail });
