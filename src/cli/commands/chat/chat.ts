/** `chat`: one message from the command line or a pipe, or a conversation where there is a person. */

import { AppError } from '../../../core/errors.ts';
import { type CommandIo, hasPerson } from '../io.ts';
import { asStarted, type CommandFlags, type Run, runToolCommand, withMachine } from '../run.ts';
import { showFailure } from '../show.ts';
import type { ToolCommand } from '../table.ts';
import { conversation } from './conversation.ts';
import { pipedMessage } from './message.ts';

/** @param args of the tool, with or without a message. @returns the exit code. */
export async function chatCommand(
  io: CommandIo,
  flags: CommandFlags,
  command: ToolCommand,
  args: Readonly<Record<string, unknown>>,
): Promise<number> {
  if (args.message !== undefined) return runToolCommand(io, flags, command, args);
  if (!hasPerson(io)) {
    return runToolCommand(io, flags, command, { ...args, message: await pipedMessage(io) });
  }
  if (flags.json || !flags.wait) {
    throw new AppError('invalid_input', 'A conversation has neither --json nor --no-wait', {
      next: 'Give the message too: chat "message" --json',
    });
  }
  const server = io.server(flags);
  const run: Run = { io: asStarted(io, flags), server, flags, command };
  const waiting = io.interruptible();
  try {
    const meant = await withMachine(run, args, waiting);
    waiting.done();
    return await conversation(run, meant);
  } catch (error) {
    return showFailure(run.io, server, error);
  } finally {
    waiting.done();
    server.close();
  }
}
