/** Goes on with work that a call has begun, by asking again until it has ended. */
import type { Operation } from './told/operation.ts';
import { type CallResult, readResult } from './told/results.ts';

/** Calls a tool through the host. */
export type Call = (tool: string, args: Record<string, unknown>) => Promise<CallResult>;

export interface Following {
  call: Call;
  /** Resolves after so many milliseconds, or at once when `signal` ends the following. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
  /** Takes every new state, the last one included. */
  seen(operation: Operation): void;
  /** Takes what hinders it; undefined when that is over. It goes on. */
  hindered(message: string | undefined): void;
  /** Called when it is given up: nobody knows how the work stands. */
  lost(): void;
}

// One answer a second shows every stage; a long one is asked for less often.
const SOON_MS = 1_000;
const LATER_MS = 4_000;
const LONG_SECONDS = 120;
// A host that refuses each time is left alone for longer.
const HINDERED_MS = 5_000;
const MAX_HINDERED = 12;

/** Ends when the work has ended, when `signal` aborts, or after a minute in which every question failed. */
export async function follow(operation: Operation, following: Following): Promise<void> {
  const { call, pause, signal, seen, hindered, lost } = following;
  let latest = operation;
  let failures = 0;
  while (latest.status === 'running' && failures < MAX_HINDERED) {
    const often = latest.seconds < LONG_SECONDS ? SOON_MS : LATER_MS;
    await pause(failures === 0 ? often : HINDERED_MS, signal);
    if (signal.aborted) return;
    const answer = await asked(call, 'get_operation', { operation_id: operation.id, wait_seconds: 0 });
    if (signal.aborted) return;
    if (typeof answer === 'string') {
      failures += 1;
      hindered(answer);
      continue;
    }
    failures = 0;
    hindered(undefined);
    latest = answer;
    seen(answer);
  }
  if (latest.status === 'running') lost();
}

/** The operation that a tool answers with, or what hinders its being told. */
export async function asked(
  call: Call,
  tool: string,
  args: Record<string, unknown>,
): Promise<Operation | string> {
  try {
    const result = readResult(await call(tool, args));
    if (result.is === 'operation') return result.operation;
    return result.is === 'failure' ? result.message : 'The answer cannot be read.';
  } catch (error) {
    return error instanceof Error ? error.message : 'The host did not carry out the call.';
  }
}

/**
 * The one running operation that a call which has not answered yet may have begun: of its kind, and for the machine or
 * name that it said. Undefined where none or several fit: nothing is better than somebody else's work.
 */
export function begunBy(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  running: readonly Operation[],
): Operation | undefined {
  const fitting = running.filter((one) => one.status === 'running' && fits(tool, input, one));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * The one operation, ended or not, that a call is about of whose result the words alone were handed over. Its words name
 * the machine, and its seconds to the tenth.
 */
export function toldBy(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  words: string,
  listed: readonly Operation[],
): Operation | undefined {
  const fitting = listed.filter(
    (one) =>
      fits(tool, input, one) &&
      words.includes(`${one.seconds} s`) &&
      (one.machineId === undefined || words.includes(one.machineId)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function fits(tool: string, input: Readonly<Record<string, unknown>>, one: Operation): boolean {
  const kind = tool === 'backup_openclaw' && input.action === 'restore' ? 'restore' : KINDS[tool];
  return (
    one.kind === kind &&
    (tool !== 'deploy_openclaw' || one.name === (input.name ?? 'openclaw')) &&
    (tool !== 'chat' || one.session === (input.session ?? 'default')) &&
    (typeof input.machine_id !== 'string' || one.machineId === input.machine_id)
  );
}

/** Whether a call of this tool begins work that can be told before it answers. */
export const begins = (tool: string): boolean => Object.hasOwn(KINDS, tool);

const KINDS: Readonly<Record<string, string>> = {
  deploy_openclaw: 'deploy',
  wake_machine: 'wake',
  upgrade_openclaw: 'upgrade',
  backup_openclaw: 'backup',
  repair_openclaw: 'repair',
  chat: 'turn',
};
