/** What a host tells of the call that the page stands beside, told apart from what it passes on of other calls. */
import type { Fields } from './told/read.ts';
import { type CallResult, readResult } from './told/results.ts';

/** Each is undefined until it is told. */
export interface Beside {
  tool: string | undefined;
  input: Fields | undefined;
  result: CallResult | undefined;
  cancelled: boolean;
}

export const UNTOLD: Beside = { tool: undefined, input: undefined, result: undefined, cancelled: false };

/**
 * What is known after the host has told more. It passes on the arguments and results of the page's own calls too, and
 * of later ones, in the same words and without a name: what was told first stays, and what cannot be the call's own
 * answer is none.
 */
export function heard(now: Beside, told: Partial<Beside>): Beside {
  const tool = now.tool ?? told.tool;
  return {
    tool,
    input: now.input ?? told.input,
    result: told.result !== undefined && isAnswer(now.result, told.result, tool) ? told.result : now.result,
    cancelled: now.cancelled || told.cancelled === true,
  };
}

function isAnswer(before: CallResult | undefined, result: CallResult, tool: string | undefined): boolean {
  // One without data may be followed by the one that has it.
  if (before !== undefined && readResult(before).is !== 'strange') return false;
  const { is } = readResult(result);
  if (is === 'strange') return before === undefined;
  // While a call is under way the page asks which work it has begun.
  return is !== 'operations' || tool === undefined || tool === 'get_operation';
}
