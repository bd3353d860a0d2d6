/** Gets the data of a result of which a host handed over the words alone, or nothing: by a question that changes nothing. */
import { begins, type Call, toldBy } from './follow.ts';
import type { Fields } from './told/read.ts';
import { type Result, readResult } from './told/results.ts';

const LOOKS: readonly string[] = ['gateway_status', 'list_machines', 'read_session', 'get_operation'];

/** Whether the call may be made again as it was. */
export const onlyLooks = (tool: string | undefined): tool is string =>
  tool !== undefined && LOOKS.includes(tool);

/** Undefined where it cannot be had: the words are all there is then. */
export async function askAgain(
  { tool, input }: { tool: string | undefined; input: Fields },
  words: string,
  call: Call,
): Promise<Result | undefined> {
  // As the server writes it where work goes on.
  const [, id] = /\boperation_id "?([a-z]+_[\w-]{1,150})/.exec(words) ?? [];
  if (id !== undefined) return answered(call, 'get_operation', { operation_id: id, wait_seconds: 0 });
  if (onlyLooks(tool)) return answered(call, tool, atOnce(tool, input));
  if (tool === undefined || !begins(tool)) return undefined;
  const listed = await answered(call, 'get_operation', {});
  const operation = listed?.is === 'operations' ? toldBy(tool, input, words, listed.operations) : undefined;
  return operation && { is: 'operation', operation };
}

/** The arguments of a call that is made again: it waits for nothing. */
export function atOnce(tool: string, input: Fields): Fields {
  return tool === 'get_operation' ? { ...input, wait_seconds: 0 } : input;
}

async function answered(call: Call, tool: string, args: Fields): Promise<Result | undefined> {
  try {
    const result = readResult(await call(tool, { ...args }));
    return result.is === 'strange' || result.is === 'failure' ? undefined : result;
  } catch {
    return undefined;
  }
}
