/** What any tool returned, told apart by what it holds. */
import { type Machines, machinesOf } from './machines.ts';
import { type Operation, operationOf } from './operation.ts';
import { fields, list, text } from './read.ts';
import { type MachineStatus, statusOf } from './status.ts';
import { type Talk, talkOf } from './talk.ts';
import { withoutConfirmation } from './words.ts';

export type Result =
  | { is: 'operation'; operation: Operation }
  | { is: 'operations'; operations: Operation[] }
  | { is: 'machines'; machines: Machines }
  | { is: 'status'; status: MachineStatus }
  | { is: 'talk'; talk: Talk }
  | { is: 'failure'; message: string; said: string[] }
  | ({ is: 'strange' } & Words);

/** Some hosts hand over nothing else of a result, nor whether it failed. */
export interface Words {
  message: string | undefined;
  said: string[];
}

/** As `tools/call` returns it, from whichever tool. */
export interface CallResult {
  isError?: boolean | undefined;
  content?: unknown;
  structuredContent?: unknown;
}

export function readResult({ isError, content, structuredContent }: CallResult): Result {
  if (isError) return failure(content);
  const data = fields(structuredContent);
  if (Array.isArray(data.machines)) return { is: 'machines', machines: machinesOf(data) };
  if (Array.isArray(data.layers)) return { is: 'status', status: statusOf(data) };
  if (Array.isArray(data.messages)) return { is: 'talk', talk: talkOf(data) };
  if (Array.isArray(data.operations))
    return { is: 'operations', operations: list(data.operations, operationOf) };
  const operation = operationOf(data);
  return operation === undefined ? { is: 'strange', ...wordsOf(content) } : { is: 'operation', operation };
}

function failure(content: unknown): Result {
  const { message = 'The call failed, and nothing says why.', said } = wordsOf(content);
  return { is: 'failure', message, said };
}

/** The first block is the server's own sentence; what follows was written by others. */
function wordsOf(content: unknown): Words {
  const [message, ...said] = list(content, (block) => text(fields(block).text));
  return { message: message && withoutConfirmation(message), said };
}
