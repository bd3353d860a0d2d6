/** Chat turns: starts or joins one, follows it while the caller waits, and ends it on request. */
import { createHash } from 'node:crypto';
import type { WaitOptions } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { paced } from '../core/pace.ts';
import type { MachineService, Pace } from '../machine/ports.ts';
import { largeInput, machineScript } from '../openclaw/machine-script.ts';
import { runScript } from '../openclaw/script-output.ts';
import type { TurnOptions, TurnRequest, TurnSnapshot } from './ports.ts';
import { historyPath } from './transcript.ts';
import { snapshotOf } from './turn-outcome.ts';
import { type TurnOutput, turnContext, turnOutput } from './turn-output.ts';
import { checkTurnId, turnWire } from './turn-request.ts';
import { type TurnStream, turnStream } from './turn-stream.ts';

/** Time on top of the wait inside the machine: the scripts take 0.1 s, a busy machine some seconds. */
const SCRIPT_SLACK_MS = 20_000;
/** A turn that did not end within its first look seldom ends right at the next; its end is seen late by a tenth at most. */
const WAITING = { firstMs: 250, nextMs: 400 };
const WAITING_SHARE = 15;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 3_000;
/** Turns that are being followed at once; whoever comes back to another reads it from its start. */
const MAX_FOLLOWED = 32;

/** Between two looks at a turn whose machine does not wait as it was told. */
const BETWEEN_LOOKS = { leastMs: 100, mostMs: 3_000 };
/** Of an answer as it is streamed, where a token of four characters takes some 250 bytes: the largest models end far below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * What the machine needs around the script that tells its own time: to start it and to see its end. Measured as a tenth of
 * that time on a slow machine (80 of 640 ms), and some milliseconds on a fast one.
 */
const AROUND_SCRIPT = { factor: 1.1, ms: 10 };
/** How many turns of a machine tell when the next one is first asked for: at the time that the shortest of them took. */
const REMEMBERED_TURNS = 3;
/** Longer turns differ by seconds from each other, and waiting for one that has ended is what a person feels. */
const PREDICTABLE_MS = 1_000;

export interface TurnDeps {
  machines: Pick<MachineService, 'run'>;
  clock: Clock;
  /** Milliseconds that the scripts of each machine's newest turns ran, newest first, by machine id. */
  turnTimes: Map<string, readonly number[]>;
  /** How far the answers of running turns were read, by machine and turn id: nothing is fetched twice. */
  followed: Map<string, Followed>;
}

export interface Followed {
  answer: TurnStream;
  /** Of the first byte that was not read yet. */
  offset: number;
}

export async function startTurn(
  deps: TurnDeps,
  machineId: string,
  turn: TurnRequest,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  const wire = turnWire(turn);
  const start = {
    OPENCLAW_MCP_MODE: 'start',
    OPENCLAW_MCP_HEADERS: wire.headers,
    OPENCLAW_MCP_CONTEXT: turnContext(wire.address.key),
    OPENCLAW_MCP_HISTORY: historyPath(wire.address.key, { limit: 1 }),
    OPENCLAW_MCP_LANE: createHash('sha256').update(wire.address.key).digest('hex').slice(0, 32),
    ...largeInput('OPENCLAW_MCP_REQUEST', wire.body),
  };
  return follow(deps, machineId, turn.turnId, start, options);
}

export async function readTurn(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  checkTurnId(turnId);
  return follow(deps, machineId, turnId, { OPENCLAW_MCP_MODE: 'wait' }, options);
}

export async function cancelTurn(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  options: WaitOptions & { because?: 'asleep' | undefined } = {},
): Promise<TurnSnapshot> {
  checkTurnId(turnId);
  const cancel = { OPENCLAW_MCP_MODE: 'cancel', OPENCLAW_MCP_BECAUSE: options.because ?? 'cancelled' };
  return follow(deps, machineId, turnId, cancel, { signal: options.signal, waitSeconds: 0 });
}

async function follow(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  first: Readonly<Record<string, string>>,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  const deadline = deps.clock.elapsed() + options.waitSeconds * 1000;
  const asking = paced(deps.clock, BETWEEN_LOOKS);
  const kept = takeFollowed(deps, machineId, turnId);
  const { answer } = kept;
  let action = first;
  for (;;) {
    const left = Math.max(0, Math.ceil((deadline - deps.clock.elapsed()) / 1000));
    const from = kept.offset;
    const env = { ...action, ...position(from, left) };
    const ask = () => look(deps, machineId, turnId, env, options);
    const job = await asking(options.signal, ask, ({ next }) => next > from);
    if (action === first && first.OPENCLAW_MCP_MODE === 'start') {
      if (job.state === 'unsent') throw notSent();
      rememberTime(deps, machineId, job);
    }
    action = { OPENCLAW_MCP_MODE: 'wait' };
    kept.offset = job.next;
    const before = answer.text.length;
    answer.feed(job.sse);
    if (answer.text.length > before) options.onText?.(answer.text);
    const over = job.state !== 'running' || deps.clock.elapsed() >= deadline;
    // What is left may be a part of a character, which is handed out only with its rest.
    if (over && (job.next >= job.size || job.next <= from || job.sse === '')) {
      if (job.state === 'running') keepFollowed(deps, machineId, turnId, kept);
      return snapshotOf(turnId, job, answer);
    }
    if (job.next > MAX_ANSWER_BYTES) throw endless();
  }
}

/** Taken out, so that two who read one turn at once do not feed each other's text twice. */
function takeFollowed({ followed }: TurnDeps, machineId: string, turnId: string): Followed {
  const key = `${machineId} ${turnId}`;
  const kept = followed.get(key);
  followed.delete(key);
  return kept ?? { answer: turnStream(), offset: 0 };
}

function keepFollowed({ followed }: TurnDeps, machineId: string, turnId: string, kept: Followed): void {
  const [oldest] = followed.keys();
  if (oldest !== undefined && followed.size >= MAX_FOLLOWED) followed.delete(oldest);
  followed.set(`${machineId} ${turnId}`, kept);
}

function position(offset: number, waitSeconds: number): Record<string, string> {
  return { OPENCLAW_MCP_OFFSET: String(offset), OPENCLAW_MCP_WAIT_S: String(waitSeconds) };
}

async function look(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  env: Readonly<Record<string, string>>,
  options: WaitOptions,
): Promise<TurnOutput> {
  const timeoutMs = Number(env.OPENCLAW_MCP_WAIT_S) * 1000 + SCRIPT_SLACK_MS;
  // Rerunnable, starting included: the machine sends a turn id at most once.
  const script = machineScript(
    'turn',
    { ...env, OPENCLAW_MCP_TURN_ID: turnId },
    { timeoutMs, rerunnable: true, pace: paceOf(deps, machineId, env) },
  );
  return turnOutput(await runScript(deps.machines, machineId, script, options));
}

function paceOf(deps: TurnDeps, machineId: string, env: Readonly<Record<string, string>>): Pace | undefined {
  if (env.OPENCLAW_MCP_MODE === 'wait' && env.OPENCLAW_MCP_WAIT_S !== '0') {
    const pauseMs = (Number(env.OPENCLAW_MCP_WAIT_S) * 2_000) / WAITING_SHARE;
    return { ...WAITING, maxMs: Math.min(Math.max(pauseMs, MIN_PAUSE_MS), MAX_PAUSE_MS) };
  }
  if (env.OPENCLAW_MCP_MODE !== 'start') return undefined;
  const shortest = Math.min(...(deps.turnTimes.get(machineId) ?? []));
  if (shortest >= PREDICTABLE_MS) return undefined;
  return { firstMs: Math.round(shortest * AROUND_SCRIPT.factor + AROUND_SCRIPT.ms) };
}

/** Of a turn that ended within its first look, which is what the next one's pace is for. */
function rememberTime(deps: TurnDeps, machineId: string, job: TurnOutput): void {
  if (job.state !== 'ended' || job.httpStatus !== 200 || job.tookMs === undefined) return;
  const times = [job.tookMs, ...(deps.turnTimes.get(machineId) ?? [])];
  deps.turnTimes.set(machineId, times.slice(0, REMEMBERED_TURNS));
}

function endless(): AppError {
  return new AppError('unsupported', 'The reply is larger than this server reads', {
    next: 'Call read_session to see the end of it; ask for less at once.',
  });
}

function notSent(): AppError {
  return new AppError('unavailable', 'The machine was too busy to send the message; it was not sent', {
    next: 'Repeat the call.',
    details: { sent: false },
  });
}
