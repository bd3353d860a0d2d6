/** One chat turn that survives the call, the client and this process: sent once, read until it is whole. */
import * as z from 'zod';
import { ageMs } from '../../core/clock.ts';
import { AppError, isAppError, onAppError } from '../../core/errors.ts';
import type { MadeFiles, TurnOptions, TurnRequest, TurnSnapshot } from '../../gateway/ports.ts';
import type { SpendService } from '../../openclaw/look/spend.ts';
import type { OperationHandle, OperationKind, Recovered } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';
import { type AddressDeps, withAddress } from '../configure/provider-address.ts';
import { askUntilAnswered } from '../jobs/ask-again.ts';
import type { DailyLimits } from '../limits/daily-limit.ts';
import { requireRunning } from '../power/machine-phase.ts';
import {
  type AttachmentDeps,
  attachment,
  carriedImages,
  carryAttachments,
  dropAttachments,
} from './attachments.ts';
import { fateOf, startGateway } from './interrupted-turn.ts';
import { reopenSession, wasRefused } from './refused-turn.ts';
import {
  endedForGood,
  endedForLimit,
  limitTold,
  noteLimit,
  readFirst,
  resultOf,
  turnError,
} from './turn-end.ts';

export const TURN = 'turn';

export const turnInput = z.object({
  machineId: z.string(),
  session: z.string(),
  agent: z.string().optional(),
  model: z.string().optional(),
  attachments: z.array(attachment).default([]),
});

/** The message is kept only until the turn has ended. `carried`: its images lie there. `sent`: this attempt was seen there. */
export const turnState = z.object({
  message: z.string().nullish(),
  attempt: z.number().default(1),
  carried: z.boolean().default(false),
  sent: z.boolean().default(false),
});

export interface TurnDeps extends AttachmentDeps, AddressDeps {
  spend: SpendService;
  limits: DailyLimits;
}

// How long one question to the machine waits there for the reply. After the first one the record says that the turn was seen.
const WAIT_SECONDS = 45;
const MAX_ATTEMPTS = 4;
// Between this computer and a machine, where only ours says when a message was given.
const CLOCKS_DIFFER_MS = 300_000;
// A machine keeps its newest 50 turns for a week. One of longer ago may have been sent, answered and forgotten there.
const SEND_WITHIN_MS = 3_600_000;

/** What the kind `turn` does. */
export function turnWork(deps: TurnDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(turnInput, operation.record.input);
      try {
        await refuseForgotten(operation, deps, input);
        await carry(operation, deps, input);
        const turn = await wholeTurn(operation, deps, input);
        await noteLimit(operation, turn);
        return resultOf(input, turn);
      } catch (error) {
        if (!isAppError(error) || operation.signal.aborted) throw error;
        const told = await limitTold(error, deps, input.machineId, operation);
        throw await withAddress(told, deps, input.machineId, operation);
      } finally {
        // Another process goes on with it where this one only stops.
        if (!operation.signal.aborted) {
          await dropAttachments(deps, input, operation.id, input.attachments);
          await operation.drop('message');
        }
      }
    },
    async cancel(record) {
      const { machineId, attachments } = parseStored(turnInput, record.input);
      const { attempt } = parseStored(turnState, record.state);
      // Nothing runs on a machine that is gone.
      await deps.gateway
        .cancelTurn(machineId, turnId(record.id, attempt))
        .catch(onAppError(undefined, 'not_found'));
      await dropAttachments(deps, { machineId }, record.id, attachments);
      return undefined;
    },
    recover: (id, machineId) => findTurn(deps, id, machineId),
  };
}

/** The turn's job on its machine, under the id of its last attempt. Looking does not wake the machine. */
async function findTurn(
  deps: TurnDeps,
  id: string,
  machineId: string | undefined,
): Promise<Recovered | undefined> {
  if (machineId === undefined) return undefined;
  await requireRunning(deps.machines, machineId, {});
  for (let attempt = MAX_ATTEMPTS; attempt >= 1; attempt--) {
    const turn = await deps.gateway.readTurn(machineId, turnId(id, attempt), { waitSeconds: 0 });
    if (turn.state === 'unknown' || turn.session === undefined) continue;
    return { key: id, input: { machineId, session: turn.session }, state: { message: null, attempt } };
  }
  return undefined;
}

type TurnInput = z.output<typeof turnInput>;

/** @throws AppError `conflict` for an old message of which nobody can know any more whether it was sent. */
async function refuseForgotten(operation: OperationHandle, deps: TurnDeps, input: TurnInput): Promise<void> {
  const { stages, createdAt, state } = operation.record;
  const { message, attempt } = parseStored(turnState, state);
  const begun = stages.some(({ name }) => name === TURN);
  if (!message || !begun || ageMs(createdAt, deps.clock.now()) <= SEND_WITHIN_MS) return;
  const look = { waitSeconds: 0, signal: operation.signal };
  const read = () => deps.gateway.readTurn(input.machineId, turnId(operation.id, attempt), look);
  if ((await askUntilAnswered(operation, deps.clock, read)).state !== 'unknown') return;
  throw new AppError(
    'conflict',
    'This message was given more than an hour ago, and its machine no longer knows whether it was sent; it was not sent now',
    {
      next: 'Call read_session to see whether it was answered; send it again only if it is still wanted.',
    },
  );
}

/** Carries the images once for all attempts: a message that was sent must not fail because a file has gone from this computer. */
async function carry(operation: OperationHandle, deps: TurnDeps, input: TurnInput): Promise<void> {
  const { message, carried, sent } = parseStored(turnState, operation.record.state);
  if (!message || carried || sent || input.attachments.length === 0) return;
  await carryAttachments(operation, deps, input, input.attachments);
  await operation.save({ carried: true });
}

async function wholeTurn(
  operation: OperationHandle,
  deps: TurnDeps,
  input: TurnInput,
): Promise<TurnSnapshot> {
  for (;;) {
    const turn = await finishedTurn(operation, deps, input);
    if (turn.state === 'done') return turn;
    const { message, attempt, sent } = parseStored(turnState, operation.record.state);
    if (!message || endedForLimit(turn)) throw turnError(turn);
    const next = await whatNext(operation, deps, input, turn, message, sent);
    if (next !== 'again') {
      const made = await madeSince(operation, deps, input, turnId(operation.id, attempt));
      return { ...turn, state: 'done', text: next.reply, made };
    }
    if (attempt >= MAX_ATTEMPTS) throw turnError(turn);
    await operation.save({ attempt: attempt + 1, sent: false });
  }
}

/** Of a turn that OpenClaw went on with by itself. The reply is there: that this cannot be told fails nothing. */
async function madeSince(
  { signal }: OperationHandle,
  { gateway }: TurnDeps,
  { machineId }: TurnInput,
  id: string,
): Promise<MadeFiles | undefined> {
  return (await gateway.readTurn(machineId, id, { waitSeconds: 0, signal }).catch(onAppError(undefined)))
    ?.made;
}

/** `again`: nothing of the message reached a model, and nothing is in its way any more. @throws why there is no reply. */
async function whatNext(
  operation: OperationHandle,
  deps: TurnDeps,
  input: TurnInput,
  turn: TurnSnapshot,
  message: string,
  sent: boolean,
): Promise<'again' | { reply: string }> {
  if (neverSent(turn, sent)) {
    // Where nothing listened the attempt has ended already.
    if (!refused(turn)) await neverToBeSent(operation, deps, input.machineId);
    await startGateway(operation, deps, input.machineId);
    return 'again';
  }
  if (wasRefused(turn)) {
    if (await reopenSession(operation, deps, input, turn.error?.details.fault)) return 'again';
    throw turnError(turn);
  }
  if (turn.state !== 'lost' && turn.state !== 'unknown') throw turnError(turn);
  const fate = await fateOf(operation, deps, {
    ...input,
    message,
    received: turn.text,
    sentMs: turn.startedMs ?? Date.parse(operation.record.createdAt) - CLOCKS_DIFFER_MS,
    brokeOff: turn.error?.details.curl_exit !== undefined,
  });
  if (fate === 'unsent') return 'again';
  if (fate === 'ended') throw endedForGood();
  if (fate === 'gone') throw turnError(turn);
  await operation.note(
    'The machine or its gateway stopped during the turn; OpenClaw went on with it by itself, and this is the reply that its session holds.',
  );
  return fate;
}

async function finishedTurn(
  operation: OperationHandle,
  deps: TurnDeps,
  input: TurnInput,
): Promise<TurnSnapshot> {
  const { signal } = operation;
  const { message, attempt } = parseStored(turnState, operation.record.state);
  const id = turnId(operation.id, attempt);
  const limit = await deps.limits.known(input.machineId);
  const options = {
    waitSeconds: WAIT_SECONDS,
    signal,
    onText: (text: string) => operation.partial(text),
    isWatched: () => operation.watched(),
  };
  await operation.stage(TURN);
  const read = () => deps.gateway.readTurn(input.machineId, id, options);
  const images = carriedImages(operation.id, input.attachments);
  const start = (text: string) =>
    started(deps, input.machineId, { ...input, turnId: id, message: text, limit, images }, options);
  try {
    let turn = await askUntilAnswered(operation, deps.clock, () => (message ? start(message) : read()));
    // A turn that was once seen there was sent, also when the machine later no longer knows it.
    if (message && turn.state === 'running') await operation.save({ sent: true });
    while (turn.state === 'running') turn = await askUntilAnswered(operation, deps.clock, read);
    return turn;
  } catch (error) {
    throw signal.aborted ? error : readFirst(error);
  }
}

/** A machine that was too busy to send within its grace has an unsent turn like any other. */
async function started(
  { gateway }: TurnDeps,
  machineId: string,
  turn: TurnRequest,
  options: TurnOptions,
): Promise<TurnSnapshot> {
  try {
    return await gateway.startTurn(machineId, turn, options);
  } catch (error) {
    if (!isAppError(error) || error.details.sent !== false) throw error;
    return gateway.readTurn(machineId, turn.turnId, options);
  }
}

async function neverToBeSent(operation: OperationHandle, deps: TurnDeps, machineId: string): Promise<void> {
  const { attempt } = parseStored(turnState, operation.record.state);
  await deps.gateway.cancelTurn(machineId, turnId(operation.id, attempt), operation);
}

/** A turn that its machine never began, or whose gateway refused the connection. */
function neverSent(turn: TurnSnapshot, seen: boolean): boolean {
  return (turn.state === 'unknown' && !seen) || refused(turn) || turn.error?.details.sent === false;
}

/** curl's exit code for a port on which nothing listens. */
function refused(turn: TurnSnapshot): boolean {
  return turn.error?.details.curl_exit === 7;
}

/** Each attempt is a job of its own on the machine. */
function turnId(operationId: string, attempt: number): string {
  return attempt === 1 ? operationId : `${operationId}-${attempt}`;
}
