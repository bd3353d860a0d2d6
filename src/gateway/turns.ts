/** Chat turns: starts or joins one, follows it while the caller waits, and ends it on request. */
import type { WaitOptions } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { paced } from '../core/pace.ts';
import type { MachineService } from '../machine/ports.ts';
import { askSidecar } from '../openclaw/sidecar/ask-sidecar.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { TurnOptions, TurnRequest, TurnSnapshot } from './ports.ts';
import { addressOf } from './session-address.ts';
import { answerSoFar, type FollowedAnswers, type TurnReply } from './turn-answer.ts';
import { snapshotOf } from './turn-outcome.ts';
import { checkTurnId, turnWire } from './turn-request.ts';

/** Time on top of the wait inside the machine: a command takes 0.1 s, a busy machine some seconds. */
const SLACK_MS = 20_000;
/** Of one question to the machine. */
const MAX_WAIT_MS = 60_000;
/** Between two looks at a turn whose machine does not wait as it was told. */
const BETWEEN_LOOKS = { leastMs: 100, mostMs: 3_000 };
/** Of an answer as it is streamed, where a token of four characters takes some 250 bytes: the largest models end far below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface TurnDeps {
  machines: Pick<MachineService, 'run'>;
  clock: Clock;
  followed: FollowedAnswers;
}

export async function startTurn(
  deps: TurnDeps,
  machineId: string,
  turn: TurnRequest,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  const { address, body, headers } = turnWire(turn);
  const { limit, images = [] } = turn;
  const carried = images.length > 0 && { images: [...images] };
  const message = { key: address.key, body, headers, ...(limit && { limit }), ...carried };
  return follow(deps, machineId, turn.turnId, options, (where, how) =>
    askSidecar(deps.machines, machineId, 'turn_start', { ...where, ...message }, how),
  );
}

/** A start of OpenClaw's command line, on a busy machine. */
const LIST_MS = 75_000;

export async function takesImages(
  { machines }: TurnDeps,
  machineId: string,
  { session, agent, model, signal }: WaitOptions & Pick<TurnRequest, 'session' | 'agent' | 'model'>,
): Promise<ReplyOf<'takes_images'>['takes']> {
  const request = { agent: addressOf(session, agent).agent, ...(model !== undefined && { model }) };
  const how = { timeoutMs: LIST_MS, rerunnable: true, signal };
  return (await askSidecar(machines, machineId, 'takes_images', request, how)).takes;
}

export async function readTurn(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  checkTurnId(turnId);
  return follow(deps, machineId, turnId, options);
}

export async function cancelTurn(
  deps: TurnDeps,
  machineId: string,
  turnId: string,
  options: WaitOptions & { because?: 'asleep' | undefined } = {},
): Promise<TurnSnapshot> {
  checkTurnId(turnId);
  const how = { timeoutMs: SLACK_MS, rerunnable: true, signal: options.signal };
  return follow(deps, machineId, turnId, { signal: options.signal, waitSeconds: 0 }, () => {
    const request = { turn: turnId, because: options.because ?? 'cancelled' } as const;
    return askSidecar(deps.machines, machineId, 'turn_cancel', request, how);
  });
}

/** Where a question stands in the turn. */
type Where = { turn: string; offset: number; wait_ms: number };
type How = Parameters<typeof askSidecar>[4];
type Ask = (where: Where, how: How) => Promise<ReplyOf<'turn_read'>>;

/** @param begin the first question, where that is to do more than look. */
async function follow(
  deps: TurnDeps,
  machineId: string,
  turn: string,
  options: TurnOptions,
  begin?: Ask,
): Promise<TurnSnapshot> {
  const { clock, machines } = deps;
  const deadline = clock.elapsed() + options.waitSeconds * 1000;
  const asking = paced(clock, BETWEEN_LOOKS);
  const answer = answerSoFar(deps.followed, machineId, turn, clock);
  const read: Ask = (where, how) => askSidecar(machines, machineId, 'turn_read', where, how);
  let ask = begin ?? read;
  for (;;) {
    const left = Math.max(0, Math.round(deadline - clock.elapsed()));
    const wait_ms = Math.min(left, MAX_WAIT_MS);
    const where = { turn, offset: answer.offset, wait_ms };
    const look = () =>
      besideText(deps, read, where, answer, options, () => ask(where, howFor(wait_ms, answer, options)));
    const seen = await asking(options.signal, look, ({ next }) => next > where.offset);
    if (ask === begin && begin !== undefined && seen.state === 'unsent') throw notSent();
    ask = read;
    answer.take(seen, where.offset, options.onText);
    // What is left may be a part of a character, which is handed out only with its rest.
    const stalled = (!seen.more && answer.offset >= seen.next) || seen.next <= where.offset;
    if (stalled && (seen.state !== 'running' || clock.elapsed() >= deadline)) {
      if (seen.state === 'running') answer.keep();
      return snapshotOf(turn, seen, answer.stream);
    }
    if (answer.offset > MAX_ANSWER_BYTES) throw endless();
  }
}

/** Rerunnable, starting included: the machine sends a turn id at most once. */
function howFor(waitMs: number, answer: TurnReply, { signal }: WaitOptions): How {
  const begun = answer.turnMs();
  const pace = waitMs === 0 ? {} : { pace: (runningMs: number) => pauseAfter(begun + runningMs) };
  return { timeoutMs: waitMs + SLACK_MS, rerunnable: true, signal, ...pace };
}

/** While `ask` waits for the end, the text so far is fetched for whoever watches it. */
async function besideText(
  { clock }: TurnDeps,
  read: Ask,
  { turn }: Where,
  answer: TurnReply,
  options: TurnOptions,
  ask: () => Promise<ReplyOf<'turn_read'>>,
): Promise<ReplyOf<'turn_read'>> {
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  const beside = async () => {
    for (;;) {
      await clock.sleep(textPauseAfter(answer.turnMs()), signal);
      if (!options.isWatched?.()) continue;
      const where = { turn, offset: answer.offset, wait_ms: 0 };
      const seen = await read(where, { timeoutMs: SLACK_MS, rerunnable: true, signal });
      answer.take(seen, where.offset, options.onText);
    }
  };
  // Why the text cannot be had is not told: the question itself fails for the same reason, and tells it better.
  const watching = beside().catch((error: unknown) => {
    if (!signal.aborted && !isAppError(error)) throw error;
  });
  try {
    return await ask();
  } finally {
    over.abort();
    await watching;
  }
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

/** By how long the turn has run: from there on, the pause grows by this share of every further millisecond. */
const STEPS = [
  { fromMs: 0, pauseMs: 400, growth: 0 },
  { fromMs: 2_400, pauseMs: 400, growth: 0.06 },
  { fromMs: 8_000, pauseMs: 736, growth: 0.045 },
] as const;
const MAX_PAUSE_MS = 2_300;

/** The pause before the next question about the end of a turn that has run `turnMs`. */
export function pauseAfter(turnMs: number): number {
  const step = STEPS.findLast(({ fromMs }) => turnMs >= fromMs) ?? STEPS[0];
  return Math.min(step.pauseMs + (turnMs - step.fromMs) * step.growth, MAX_PAUSE_MS);
}

/** The pause before the text so far is fetched for somebody who watches; each costs three requests. */
export const textPauseAfter = (turnMs: number): number => Math.max(2_500, turnMs * 0.18);
