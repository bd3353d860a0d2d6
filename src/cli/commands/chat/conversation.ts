/** A conversation with the assistant in a terminal: the reply grows while it is written, Ctrl-C ends only the wait. */
import type { ProgressUpdate } from '../../../mcp/define-tool.ts';
import { colourPrinter, printer } from '../../terminal.ts';
import { type Answer, begin, type CallOptions, toTheEnd } from '../call.ts';
import type { Interruptible } from '../io.ts';
import { handedOut, type Run } from '../run.ts';
import { EXIT, showAnswer, showFailure } from '../show.ts';
import { growingReply } from './growing-reply.ts';
import { typedMessage } from './prompt.ts';

const HELP = `/new NAME  another conversation, or a new one, by its name
/wait      wait for the reply whose wait you ended
/exit      leave (Ctrl-D too); the assistant keeps everything
//text     sends "/text" to the assistant
`;

const MAX_HISTORY = 100;

interface Talk {
  args: Record<string, unknown>;
  /** The turn whose wait was ended. */
  open: string | undefined;
  history: string[];
}

/** @param args of chat, without a message. @returns the exit code. */
export async function conversation(run: Run, args: Readonly<Record<string, unknown>>): Promise<number> {
  const { io, flags } = run;
  handedOut(run);
  const talk: Talk = { args: { ...args }, open: undefined, history: [] };
  const say = colourPrinter(io.stderr, 'dim');
  say('Every line is a message to the assistant. /help tells the rest.\n');
  for (;;) {
    const typed = await typedMessage(io, `${sessionOf(talk)}> `, talk.history);
    if (typed.kind === 'left') break;
    if (typed.kind === 'dropped' || typed.text.trim() === '') continue;
    talk.history = [typed.text.split('\n', 1)[0] ?? '', ...talk.history].slice(0, MAX_HISTORY);
    if (!typed.text.startsWith('/')) await turn(run, talk, typed.text);
    else if (typed.text.startsWith('//')) await turn(run, talk, typed.text.slice(1));
    else if (/^\/(?:exit|quit)\s*$/.test(typed.text)) break;
    else await obey(run, talk, typed.text.trim());
  }
  if (talk.open !== undefined) {
    io.carryOn(talk.open, flags);
    printer(io.stderr)(`The last reply: ${io.program} operation ${talk.open}\n`);
  }
  return EXIT.done;
}

async function obey(run: Run, talk: Talk, text: string): Promise<void> {
  const say = printer(run.io.stderr);
  const [, name] = /^\/new\s+(\S.*)$/.exec(text) ?? [];
  if (text === '/help') say(HELP);
  else if (name !== undefined) talk.args = { ...talk.args, session: name };
  else if (text !== '/wait') say(`Nothing was sent: ${text.split(/\s/, 1)[0]} is none of these.\n${HELP}`);
  else if (talk.open === undefined) say('There is nothing to wait for.\n');
  else await follow(run, talk, { outcome: { summary: '', data: {} }, told: running(talk.open) });
}

function running(operation_id: string) {
  return { status: 'running', operation_id };
}

async function turn(run: Run, talk: Talk, message: string): Promise<void> {
  const waiting = run.io.interruptible();
  try {
    const options = optionsOf(run, waiting);
    const begun = await begin(handedOut(run), { ...talk.args, message }, options);
    // They went with the first message; the assistant has them now.
    talk.args = { ...talk.args, attachments: undefined };
    await follow(run, talk, begun);
  } catch (error) {
    showFailure(run.io, run.server, error);
  } finally {
    waiting.done();
  }
}

async function follow(run: Run, talk: Talk, begun: Answer): Promise<void> {
  const { io, server, command } = run;
  const waiting = io.interruptible();
  const reply = growingReply(io, server.redact);
  talk.open = begun.told.operation_id;
  try {
    const options = { ...optionsOf(run, waiting), onProgress: reply.progress };
    const answer = await toTheEnd(begun, options);
    talk.open = undefined;
    if (answer.told.reply === undefined) {
      reply.broken();
      showAnswer(io, server, command, answer);
    } else reply.end(answer.told.reply);
  } catch (error) {
    reply.broken();
    if (!waiting.signal.aborted) showFailure(io, server, error);
    else {
      printer(io.stderr)(
        `The wait has ended, not the work: /wait goes on with it, or ${io.program} operation ${talk.open}\n`,
      );
    }
  } finally {
    waiting.done();
  }
}

function optionsOf(
  { server }: Run,
  { signal }: Interruptible,
): CallOptions & {
  onProgress?: (update: ProgressUpdate) => void;
} {
  return { services: server.services, signal };
}

function sessionOf({ args }: Talk): string {
  return typeof args.session === 'string' ? args.session : 'default';
}
