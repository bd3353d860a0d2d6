/** Runs the command of a tool: its call, the wait for its end, what is printed, and the exit code. */
import { AppError } from '../../core/errors.ts';
import type { ProgressUpdate, Tool } from '../../mcp/define-tool.ts';
import type { AssembledServer } from '../../server.ts';
import type { Services } from '../../tools/services.ts';
import type { ServerFlags } from '../assemble.ts';
import { ProgressView } from '../progress-view.ts';
import { printer, redraws } from '../terminal.ts';
import { type Answer, begin, type CallOptions, toTheEnd } from './call.ts';
import { agrees, askOnTerminal, destroyPlanOf, planLines } from './consent.ts';
import { type CommandIo, hasPerson } from './io.ts';
import { withLocalFile } from './local-file.ts';
import { machineIdOf } from './machine-name.ts';
import { EXIT, isFailed, showAnswer, showFailure, showJson } from './show.ts';
import type { ToolCommand } from './table.ts';

export interface CommandFlags extends ServerFlags {
  json: boolean;
  /** Whether to wait for the end of what takes long. */
  wait: boolean;
  /** Whether a script has decided what a person would be asked. */
  yes: boolean;
}

/** One command under way. */
export interface Run {
  io: CommandIo;
  server: AssembledServer;
  flags: CommandFlags;
  command: ToolCommand;
}

/** @param args of the tool; its machine may be named. @returns the exit code. */
export async function runToolCommand(
  io: CommandIo,
  flags: CommandFlags,
  command: ToolCommand,
  args: Readonly<Record<string, unknown>>,
): Promise<number> {
  const server = io.server(flags);
  const run = { io: asStarted(io, flags), server, flags, command };
  try {
    return await withEnd(run, args);
  } catch (error) {
    return showFailure(run.io, server, error);
  } finally {
    server.close();
  }
}

/** The next command has to be about the same machines. */
export function asStarted(io: CommandIo, { local }: ServerFlags): CommandIo {
  return local ? { ...io, program: `${io.program} --local` } : io;
}

async function withEnd(run: Run, args: Readonly<Record<string, unknown>>): Promise<number> {
  const { io, flags, command } = run;
  const tool = handedOut(run);
  const waiting = io.interruptible();
  let operation: string | undefined;
  const options: CallOptions = {
    services: run.server.services,
    signal: waiting.signal,
    ask: askOnTerminal(io),
    folder: io.folder,
    onOperation: (id) => {
      operation = id;
    },
  };
  try {
    const meant = await withMachine(run, withLocalFile(command, args, io.folder), options);
    const begun = await consented(run, tool, meant, options);
    if (begun === undefined) return EXIT.unasked;
    const answer = flags.wait ? await shownWait(run, begun, options) : begun;
    return ended(run, answer);
  } catch (error) {
    if (!waiting.signal.aborted) throw error;
    return interrupted(run, operation);
  } finally {
    waiting.done();
  }
}

/** @throws AppError `config` where the owner of the server has left it out. */
export function handedOut({ server, command }: Pick<Run, 'server' | 'command'>): Tool<Services> {
  const tool = server.tools.find(({ name }) => name === command.tool.name);
  if (tool !== undefined) return tool;
  throw new AppError(
    'config',
    `--read-only or --tools leaves ${command.tool.name} out, so nothing was done`,
    {
      next: 'Run it without that flag.',
    },
  );
}

/** The arguments with the machine's id in them, where one was named. */
export async function withMachine(
  { server: { services }, command, io, flags }: Run,
  args: Readonly<Record<string, unknown>>,
  options: Pick<CallOptions, 'signal'>,
): Promise<Record<string, unknown>> {
  const wanted = args.machine_id;
  if (typeof wanted === 'string')
    return { ...args, machine_id: await machineIdOf(wanted, services, options) };
  // Whoever is asked first sees which one it is.
  const asked = hasPerson(io) && !flags.yes && !flags.json;
  if (command.tool.name !== 'destroy_machine' || !asked) return { ...args };
  return { ...args, machine_id: await services.directory.resolve(undefined, options) };
}

/** @returns undefined where a person has to agree and has not. */
async function consented(
  run: Run,
  tool: Tool<Services>,
  args: Record<string, unknown>,
  options: CallOptions,
): Promise<Answer | undefined> {
  const { io, flags } = run;
  const first = await begin(tool, args, options);
  const plan = destroyPlanOf(first.told);
  if (plan === undefined) return first;
  const confirmed = { ...args, confirmation: plan.confirmation };
  // Decided in a script, or in the very question that the tool would ask once more.
  const decided = { ...options, ask: undefined };
  if (flags.yes) return begin(tool, confirmed, decided);
  if (!hasPerson(io) || flags.json) {
    show(run, first);
    return undefined;
  }
  printer(io.stderr)(planLines(plan));
  if (await agrees(io, 'Destroy it?', options.signal)) return begin(tool, confirmed, decided);
  printer(io.stderr)('Nothing was destroyed.\n');
  return undefined;
}

async function shownWait(run: Run, begun: Answer, options: CallOptions): Promise<Answer> {
  if (begun.told.status !== 'running') return begun;
  const { io, command } = run;
  const seconds = command.seconds ?? DEFAULT_SECONDS;
  const moving = redraws(io.stderr);
  const out = { write: (text: string) => io.stderr.write(text), columns: io.stderr.columns, isTTY: moving };
  const view = new ProgressView(out, io.clock, seconds);
  return view.during(command.name, seconds, (stage) =>
    toTheEnd(begun, {
      ...options,
      onProgress: (update) => stage(stageOf(update, moving)),
    }),
  );
}

const DEFAULT_SECONDS = 20;
// "install: 12 MB (3 s)": the line itself counts the seconds.
const SECONDS = / \(\d+(?:\.\d+)? s\)$/;

/** @param moving whether the line can be redrawn: else only a new stage is worth a line. */
function stageOf({ message }: ProgressUpdate, moving: boolean): string {
  const text = message.replace(SECONDS, '');
  return moving ? text : (text.split(':', 1)[0] ?? text);
}

function ended(run: Run, answer: Answer): number {
  const { io, flags, command } = run;
  const { status, operation_id } = answer.told;
  if (status === 'running' && operation_id !== undefined) io.carryOn(operation_id, flags);
  show(run, answer);
  return isFailed(command, answer.told) ? EXIT.failed : EXIT.done;
}

function show({ io, server, flags, command }: Run, answer: Answer): void {
  if (flags.json) showJson(io, server, answer);
  else showAnswer(io, server, command, answer);
}

/** Only the wait has ended. */
export function interrupted({ io, flags }: Pick<Run, 'io' | 'flags'>, operation: string | undefined): number {
  if (operation !== undefined) io.carryOn(operation, flags);
  const going = operation === undefined ? '' : ` ${operation}`;
  printer(io.stderr)(
    `The wait has ended${operation === undefined ? '' : ', not the work'}. To see what became of it: ${io.program} operation${going}\n`,
  );
  return EXIT.interrupted;
}
