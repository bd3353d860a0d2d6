/**
 * One command of the machine's own program, typed on both ends. Whoever answers may be anybody who works as its user:
 * every answer is bounded, read by its schema, and believed about that machine alone.
 */
import { gunzipSync } from 'node:zlib';
import type * as z from 'zod/mini';
import type { WaitOptions } from '../../core/abort.ts';
import { attempt } from '../../core/errno.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { tail } from '../../core/text.ts';
import type { CommandResult, MachineService } from '../../machine/ports.ts';
import {
  ANSWER,
  type Answer,
  type CommandName,
  END_MARK,
  type JobKind,
  type JobRequestOf,
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENT_LEVELS,
  MORE,
  type ReplyOf,
  type RequestOf,
  schemas,
} from '../../sidecar/protocol.ts';
import { coldCommand, type NodeSources, warmCommand } from './bootstrap.ts';
import { type BootstrapOutput, readBootstrapOutput } from './bootstrap-output.ts';
import { type ColdInputs, type CommandOptions, packText } from './command-inputs.ts';
import { explainMachineError } from './machine-errors.ts';
import { SIDECAR } from './sidecar-bundle.ts';

/** Machines, and where they get a Node from where one is broken. */
export type SidecarMachines = Pick<MachineService, 'run'> & { sources?: NodeSources | undefined };
export type AskOptions = CommandOptions &
  WaitOptions & {
    /** Whether whatever runs there is replaced first, as a repair does. */
    replace?: boolean;
    cold?: ColdInputs | undefined;
  };

/** curl could not connect, does not know such a socket, or is not there: nobody heard the request. */
const NOBODY = new Set([2, 7, 126, 127]);
/** What a start says that has found no Node: none was ever there, somebody installs one, or a job has begun that does. */
const WITHOUT_NODE = new Set<string | undefined>(['no_node', 'busy', 'begun']);
/** A program that has answered nonsense this often in a row is replaced, whatever version it claims to be. */
const MOST_FAILURES = 3;
const MAX_PARTS = 48;
const MAX_FOREIGN = 6_000;
const failures = new WeakMap<object, Map<string, number>>();

/**
 * @throws AppError as MachineService.run does; `conflict` where nothing was ever installed; `command_failed`
 *   (details.script_error) when the command failed, or when what answers is not our program.
 */
export async function askSidecar<C extends CommandName>(
  machines: SidecarMachines,
  machineId: string,
  command: C,
  request: RequestOf<C>,
  options: AskOptions,
): Promise<ReplyOf<C>> {
  const told = await askAnySidecar(machines, machineId, command, request, options);
  if ('withoutNode' in told) throw lacksNode(told.withoutNode);
  return told.reply;
}

const lacksNode = ({ values }: BootstrapOutput): AppError =>
  explainMachineError(values.cold === 'busy' ? 'locked' : 'not_installed', '');

/** As askSidecar, and what a machine without a Node can say of itself, unread. */
export async function askAnySidecar<C extends CommandName>(
  machines: SidecarMachines,
  machineId: string,
  command: C,
  request: RequestOf<C>,
  options: AskOptions,
): Promise<{ reply: ReplyOf<C> } | { withoutNode: BootstrapOutput }> {
  const asker = { machines, machineId, options };
  try {
    const first = await answered(asker, packRequest(command, request));
    if ('withoutNode' in first) return first;
    const reply = await readReply(command, await wholeReply(asker, first.answer));
    noteFailures(asker, 0);
    return { reply };
  } catch (error) {
    // A program that never answers is replaced in the end, like one that answers nonsense.
    const silent = isAppError(error, 'timeout') && error.details.script_error === undefined;
    if (silent || (isAppError(error) && error.details.script_error === 'sidecar_failed'))
      noteFailures(asker, failuresOf(asker) + 1);
    throw silent ? error.with({ next: UNHEARD_NEXT }) : error;
  }
}

/** A command line is another process each time, which never counts to `MOST_FAILURES`: the person is told the way. */
const UNHEARD_NEXT =
  "Repeat the call where the machine is busy; else call repair_openclaw, which starts the machine's program anew.";

/** @throws AppError what it says went wrong, and `command_failed` when it is none of our program's answers. */
async function wholeReply(asker: Asker, first: Answer): Promise<string | undefined> {
  let packed = '';
  let answer = first;
  for (let parts = 1; ; parts++) {
    if (answer.is === 'error') throw explainMachineError(answer.code, answer.detail);
    if (answer.is === 'old' || parts > MAX_PARTS) throw unknownForm();
    packed += answer.packed;
    if (answer.more === undefined) return unpack(packed);
    const body = packRequest(MORE, { token: answer.more });
    // That key names the first command; the API would answer the same key with the first answer again.
    const how = { ...asker.options, idempotencyKey: undefined };
    const rest = readAnswer(await run(asker, warmCommand(body, how)));
    if (!('answer' in rest)) throw explainMachineError('rest_is_gone', '');
    answer = rest.answer;
  }
}

interface Asker {
  machines: SidecarMachines;
  machineId: string;
  options: AskOptions;
}

type Told = { answer: Answer } | { withoutNode: BootstrapOutput };

/** By the program that runs; where none does, or an older one, by this server's, which it starts. */
async function answered(asker: Asker, body: string): Promise<Told> {
  const replace = asker.options.replace === true || failuresOf(asker) >= MOST_FAILURES;
  if (!replace && !isNodeless(asker)) {
    const result = await run(asker, warmCommand(body, asker.options));
    const warm = readAnswer(result);
    if ('answer' in warm && warm.answer.is !== 'old') return { answer: warm.answer };
    if (!('answer' in warm) && !warm.unheard) {
      if (result.truncated) throw cutAnswer();
      if (!asker.options.rerunnable) throw unknownForm(result);
      noteFailures(asker, failuresOf(asker) + 1);
    }
  }
  const { machines, machineId } = asker;
  const sources = machines.sources ?? {};
  const result = await run(
    asker,
    coldCommand(body, { sources, replace, env: asker.options.cold }, asker.options),
  );
  const cold = readAnswer(result);
  nodeless.get(machines)?.delete(machineId);
  if ('answer' in cold) return { answer: cold.answer };
  if (result.truncated) throw cutAnswer();
  if (/^(?:cold|error)=/m.test(result.stdout)) {
    const told = readBootstrapOutput(result);
    if (WITHOUT_NODE.has(told.values.cold)) {
      noteNodeless(asker);
      return { withoutNode: told };
    }
  }
  throw unknownForm(result);
}

/** Options of a command besides its signal are in the command already. */
function run({ machines, machineId, options }: Asker, command: ReturnType<typeof warmCommand>) {
  return machines.run(machineId, command, { signal: options.signal });
}

const packRequest = (command: string, request: unknown) =>
  packText(JSON.stringify({ from: SIDECAR, command, request }));

function readAnswer({ stdout, exitCode }: CommandResult): { answer: Answer } | { unheard: boolean } {
  if (stdout.startsWith('cold=absent\n')) return { unheard: true };
  if (!stdout.endsWith(`\n${END_MARK}`)) return { unheard: stdout === '' && NOBODY.has(exitCode) };
  const read = ANSWER.safeParse(parseJson(stdout.slice(0, -END_MARK.length)));
  return read.success ? { answer: read.data } : { unheard: false };
}

/** How often in a row by now. */
const failuresOf = ({ machines, machineId }: Asker) => failures.get(machines)?.get(machineId) ?? 0;

function noteFailures({ machines, machineId }: Asker, count: number): void {
  const known = failures.get(machines) ?? new Map<string, number>();
  failures.set(machines, known);
  if (count === 0) known.delete(machineId);
  else known.set(machineId, count);
}

/** Machines that had no Node at the last look: no program runs there that could be asked at once. */
const nodeless = new WeakMap<object, Set<string>>();
const isNodeless = ({ machines, machineId }: Asker) => nodeless.get(machines)?.has(machineId) === true;

function noteNodeless({ machines, machineId }: Asker): void {
  const known = nodeless.get(machines) ?? new Set<string>();
  nodeless.set(machines, known.add(machineId));
}

/** Milliseconds that the command which starts a job may take. */
const START_JOB_MS = 30_000;

/**
 * Starts a detached job of the machine's own program and returns at once; the same id joins one that runs or is done.
 * @param deps its `providerAddresses` are what OpenClaw sees where the job starts it.
 * @param cold see AskOptions: a job that can begin without a Node says so.
 */
export async function startJob<K extends JobKind>(
  deps: {
    machines: SidecarMachines;
    providerAddresses?: Readonly<Record<string, string>> | undefined;
  },
  machineId: string,
  job: { id: string; kind: K; request: JobRequestOf<K> },
  { signal, cold }: WaitOptions & Pick<AskOptions, 'cold'> = {},
): Promise<void> {
  const addresses = { ...deps.providerAddresses };
  const request = { ...job, addresses };
  const options = { timeoutMs: START_JOB_MS, rerunnable: true, addresses, signal, cold };
  const told = await askAnySidecar(deps.machines, machineId, 'job_start', request, options);
  if ('withoutNode' in told && told.withoutNode.values.cold !== 'begun') throw lacksNode(told.withoutNode);
}

/** @param text the JSON of a reply. @throws AppError `command_failed`. */
async function readReply<C extends CommandName>(command: C, text: string | undefined): Promise<ReplyOf<C>> {
  const { PROTOCOL } = await schemas();
  return readAs(PROTOCOL[command].reply, text) as ReplyOf<C>;
}

/** @throws AppError `command_failed` where `text` is not of this schema. */
export function readAs<S extends z.ZodMiniType>(schema: S, text: string | undefined): z.infer<S> {
  const read = schema.safeParse(parseJson(text, MAX_DOCUMENT_LEVELS));
  if (read.success) return read.data;
  throw unknownForm();
}

/** The program is well all the same: a smaller answer gets through. */
function cutAnswer(): AppError {
  return new AppError('command_failed', 'The platform cut what the machine answered', {
    next: 'Repeat the call; if it stays so, ask for less at once.',
    details: { truncated: true },
  });
}

function unknownForm(result?: CommandResult): AppError {
  const said = result === undefined ? '' : tail(`${result.stdout}\n${result.stderr}`.trim(), MAX_FOREIGN);
  return new AppError('command_failed', "The machine's program answered in a form that is not known", {
    next: 'Call repair_openclaw, then repeat the call.',
    details: {
      script_error: 'sidecar_failed',
      ...(result === undefined ? {} : failed(result)),
    },
    ...(said === '' ? {} : { foreign: said }),
  });
}

const failed = ({ exitCode, executionId, truncated }: CommandResult) => ({
  exit_code: exitCode,
  execution_id: executionId,
  truncated,
});

function unpack(packed: string): string | undefined {
  return attempt(
    () => gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_DOCUMENT_BYTES }).toString('utf8'),
    undefined,
  );
}
