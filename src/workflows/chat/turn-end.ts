/** What a turn ends in: its result, or our sentence for why there is none, also where a daily limit ended it, and the next step. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError, isAppError, onAppError } from '../../core/errors.ts';
import type { TurnSnapshot } from '../../gateway/ports.ts';
import type { SpendService } from '../../openclaw/look/spend.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { asJson, type JsonObject } from '../../operations/record.ts';
import { limitError, standingWords } from '../limits/daily-limit.ts';
import { madeResult } from './made-files.ts';

/** Why there is no reply, or none that is whole. */
export function turnError(turn: TurnSnapshot): AppError {
  if (turn.spend && endedForLimit(turn)) return limitError(turn.spend, true);
  if (turn.error) return turn.error;
  return new AppError(
    'machine_failed',
    'The machine stopped in the middle of the turn, so its reply is not whole',
    {
      next: 'Call read_session to see what the assistant has kept of it, then ask again.',
      foreign: turn.text || undefined,
    },
  );
}

export function endedForGood(): AppError {
  return new AppError(
    'machine_failed',
    'This turn ended the gateway twice, so it was ended; the conversation before it is kept',
    { next: 'Ask for something smaller, or give the machine more memory with configure_openclaw.' },
  );
}

/** As its record keeps it. */
export function resultOf(input: { machineId: string; session: string }, turn: TurnSnapshot): JsonObject {
  return asJson({
    machine_id: input.machineId,
    session: input.session,
    reply: turn.text,
    usage: turn.usage,
    finish_reason: turn.finishReason,
    ...madeResult(turn.made),
  });
}

/** The way to the machine stayed broken: "try again" would be the advice to send a message twice. */
export function readFirst(error: unknown): unknown {
  if (!isAppError(error)) return error;
  const { code, details } = error;
  if (details.sent === false || details.script_error !== undefined) return error;
  const refused = code === 'machine_failed' && details.reason === 'command_refused';
  if (!refused && !isAppError(error, 'unavailable', 'timeout', 'command_failed')) return error;
  return error.with({
    next: 'The message may have been sent: call read_session to see whether it was answered; send it again only if it is not there.',
  });
}

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
  const standing = await spend.spend(machineId, 'nothing', options).catch(onAppError(undefined));
  return standing === undefined ? error : limitError(standing, false);
}
