/** A turn whose answer broke off: OpenClaw may go on with it by itself, may have ended it, or may never have got it. */
import semver from 'semver';
import type { Clock } from '../../core/clock.ts';
import { onAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import type { GatewayService, SessionMessage } from '../../gateway/ports.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { askUntilAnswered } from '../jobs/ask-again.ts';

export interface InterruptedDeps {
  openclaw: OpenClawService;
  gateway: GatewayService;
  clock: Clock;
}

export interface InterruptedTurn {
  machineId: string;
  session: string;
  agent?: string | undefined;
  /** What was asked; without it nobody can tell which reply belongs to it. */
  message: string;
  /** What the caller has received of the reply. */
  received: string;
  /** By the machine's clock, in milliseconds since the epoch: what its session holds from before is another turn's. */
  sentMs: number;
  /** Whether its sender saw the connection break. Of one that died itself nobody knows how far the message came. */
  brokeOff: boolean;
}

/**
 * - reply: OpenClaw went on with it, and this is what its session holds
 * - unsent: the session never got the message, which may be sent again
 * - ended: it ended the gateway twice, and was ended for that
 * - gone: nobody goes on with it
 */
export type Fate = { reply: string } | 'unsent' | 'ended' | 'gone';

// From this version on the gateway takes up interrupted turns when it starts (measured: 2026.9.6 does, 2026.7.1 not).
const RESUMES_SINCE = '2026.9.0';
// A resumed turn asks the model again, so it takes as long as a turn; an agent may work for hours.
const RESUME_LIMIT_MS = 6 * 3_600_000;
// A gateway marks what it will resume before it is ready, and begins 5 to 20 s later (measured).
const QUIET_MS = 60_000;
// A session that lacks the message for this long never got it: OpenClaw resumes only what its session holds.
const UNSENT_MS = 4_000;
const LOOK_MS = 1_000;
const MAX_LOOK_MS = 15_000;
const MESSAGES = 20;

/** Waits as long as OpenClaw is at it. The gateway is started where it does not run. */
export async function fateOf(
  operation: OperationHandle,
  deps: InterruptedDeps,
  turn: InterruptedTurn,
): Promise<Fate> {
  await startGateway(operation, deps, turn.machineId);
  const { openclaw_version: openclawVersion } = await deps.openclaw.probe(turn.machineId, operation);
  const resumes = openclawVersion !== undefined && semver.gte(openclawVersion, RESUMES_SINCE);
  operation.tell('looking for the reply in the session');
  if (!resumes) {
    const { reply } = await heldBy(deps.gateway, turn, operation.signal);
    return reply === undefined ? 'gone' : { reply };
  }
  return awaitFate(operation, deps, turn);
}

async function awaitFate(
  operation: OperationHandle,
  deps: InterruptedDeps,
  turn: InterruptedTurn,
): Promise<Fate> {
  const { signal } = operation;
  const { machineId, session, agent } = turn;
  const waiting = {
    clock: deps.clock,
    what: 'the interrupted reply',
    intervalMs: LOOK_MS,
    maxIntervalMs: MAX_LOOK_MS,
    timeoutMs: RESUME_LIMIT_MS,
    signal,
  };
  let quietSince: number | undefined;
  return poll<Fate>(waiting, async () => {
    const seen = await askUntilAnswered(operation, deps.clock, () =>
      deps.gateway.sessionState(machineId, { session, agent, signal }),
    );
    if (seen.state === 'unknown') await startGateway(operation, deps, machineId);
    if (seen.state === 'unknown' || seen.state === 'running') {
      quietSince = undefined;
      operation.tell('OpenClaw runs the interrupted turn again');
      return {};
    }
    const { held, reply } = await heldBy(deps.gateway, turn, signal);
    if (reply !== undefined) return { done: { reply } };
    if (seen.ended) return { done: 'ended' };
    quietSince ??= deps.clock.elapsed();
    const quietMs = deps.clock.elapsed() - quietSince;
    if (turn.brokeOff && !held && quietMs >= UNSENT_MS) return { done: 'unsent' };
    return quietMs >= QUIET_MS ? { done: 'gone' } : {};
  });
}

/** Whatever was missing is noted: it is why the turn broke off. */
export async function startGateway(
  operation: OperationHandle,
  deps: Pick<InterruptedDeps, 'openclaw'>,
  machineId: string,
): Promise<void> {
  await operation.stage('gateway');
  const started = await deps.openclaw.startGateway(machineId, operation);
  for (const repaired of started.repaired) await operation.note(`Before the turn: ${repaired}.`);
}

/** Whether the session has the message, and what was said to it. */
async function heldBy(
  gateway: GatewayService,
  turn: InterruptedTurn,
  signal: AbortSignal,
): Promise<{ held: boolean; reply?: string | undefined }> {
  const { machineId, session, agent } = turn;
  const page = await gateway
    .readSession(machineId, { session, agent, limit: MESSAGES, signal })
    .catch(onAppError(undefined, 'not_found'));
  return page === undefined ? { held: false } : replyTo(page.messages, turn);
}

/** What was said after the message; a text that only repeats what was cut off is not the reply. */
function replyTo(
  messages: readonly SessionMessage[],
  turn: InterruptedTurn,
): { held: boolean; reply?: string | undefined } {
  const asked = messages.findLastIndex(
    ({ role, text, at }) =>
      role === 'user' && text.includes(turn.message) && !(at !== undefined && Date.parse(at) < turn.sentMs),
  );
  if (asked === -1) return { held: false };
  const said = messages.slice(asked + 1).filter((one) => one.role === 'assistant' && one.text.trim() !== '');
  const last = said.at(-1)?.text;
  return { held: true, reply: last === turn.received ? undefined : last };
}
