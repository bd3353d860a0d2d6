/** Which function answers which command. */
import process from 'node:process';
import { type CommandName, PROTOCOL, type ReplyOf, type RequestOf } from './protocol.ts';
import { SidecarError } from './sidecar-error.ts';

/** Where the machine's files are. */
export interface Place {
  /** The assistant's home, above `.openclaw` and `.openclaw-mcp`. */
  home: string;
}

type Commands = {
  [C in CommandName]: (place: Place, request: RequestOf<C>) => Promise<ReplyOf<C>> | ReplyOf<C>;
};

const COMMANDS: Commands = {
  hello: () => ({ node: process.version }),
};

/** @throws SidecarError, `bad_request` where the request is not of its schema. */
export async function runCommand(name: string, place: Place, request: unknown): Promise<unknown> {
  if (!isCommand(name)) throw new SidecarError('unknown_command');
  return answer(name, place, request);
}

async function answer<C extends CommandName>(name: C, place: Place, request: unknown): Promise<ReplyOf<C>> {
  const read = PROTOCOL[name].request.safeParse(request);
  if (!read.success) throw new SidecarError('bad_request');
  return COMMANDS[name](place, read.data as RequestOf<C>);
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(PROTOCOL, name);
}
