/** What a daily limit does to a turn: a note above four fifths, and an error that says how to lift it where it did not begin or was ended. */
import type { WaitOptions } from '../../core/abort.ts';
import type { AppError } from '../../core/errors.ts';
import { isAppError } from '../../core/errors.ts';
import type { TurnSnapshot } from '../../gateway/ports.ts';
import type { SpendService } from '../../openclaw/look/spend.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { limitError, standingWords } from '../limits/daily-limit.ts';

export async function noteLimit(operation: OperationHandle, { spend }: TurnSnapshot): Promise<void> {
  const words = spend && standingWords(spend);
  if (words !== undefined) await operation.note(words);
}

/** Cut by the machine's own program, since the day had cost twice its limit. */
export function endedForLimit({ state, spend, error }: TurnSnapshot): boolean {
  return state === 'failed' && spend?.today?.standing === 'twice' && error?.code === 'cancelled';
}

/** The error of a message that was not sent for its machine's limit, with the numbers; every other one as it is. */
export async function limitTold(
  error: AppError,
  { spend }: { spend: SpendService },
  machineId: string,
  options: WaitOptions,
): Promise<AppError> {
  if (error.details.script_error !== 'limit_reached') return error;
  try {
    return limitError(await spend.spend(machineId, 'nothing', options), false);
  } catch (failure) {
    if (!isAppError(failure)) throw failure;
    return error;
  }
}
