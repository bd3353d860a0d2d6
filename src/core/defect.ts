/** A defect of ours: told by an id alone, and written whole where the person who runs the server finds it. */
import { randomBytes } from 'node:crypto';
import { AppError, isAppError } from './errors.ts';
import type { Log } from './log.ts';
import { computerFault } from './state-folder.ts';

/**
 * What is told of anything that was thrown: one of our own errors as it is, what this computer is to blame for in our
 * words, everything else as a defect, whose stack goes to the log under the id that is told.
 * @param what was stopped by it: "call", "operation"
 */
export function told(error: unknown, what: string, log: Log): AppError {
  const known = computerFault(error);
  if (isAppError(known) && (known.code !== 'internal' || known.details.defect !== undefined)) return known;
  const id = randomBytes(4).toString('hex');
  log.warn(`A defect in this server stopped the ${what}`, { id, error: stackOf(error) });
  return new AppError('internal', `A defect in this server stopped the ${what} (id ${id})`, {
    next: 'Try again; if it stays so, report it with the id above.',
    details: { defect: id },
    cause: error,
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
