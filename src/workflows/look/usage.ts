/** The account's usage where the API tells it: never waited for long, never a reason to fail. */
import { type WaitOptions, withDeadline } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { isAppError } from '../../core/errors.ts';
import type { AccountUsage, DedalusApi } from '../../dedalus/api.ts';

/** Undefined when the API does not tell, or not now. */
export type ReadUsage = (options: WaitOptions) => Promise<AccountUsage | undefined>;

// It only decorates a list that is ready without it.
const ANSWER_MS = 3_000;

/** Does not ask again after the API has said that it does not know the question. */
export function usageReader(api: Pick<DedalusApi, 'getUsage'>, clock: Clock): ReadUsage {
  let available = true;
  return async ({ signal }) => {
    if (!available) return undefined;
    try {
      return await withDeadline(clock, ANSWER_MS, 'The usage of the account', signal, (derived) =>
        api.getUsage({ signal: derived }),
      );
    } catch (error) {
      if (signal?.aborted || !isAppError(error)) throw error;
      available = !isAppError(error, 'unsupported');
      return undefined;
    }
  };
}

/** For a server that is bound to one machine: the account is not its business. */
export const noUsage: ReadUsage = async () => undefined;
