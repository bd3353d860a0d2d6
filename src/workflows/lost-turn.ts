/** A turn that its machine lost half-way: OpenClaw may have gone on with it by itself, and then its session has the reply. */
import semver from 'semver';
import type { Clock } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { GatewayService, SessionMessage } from '../gateway/ports.ts';
import type { OpenClawService } from '../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../operations/ports.ts';

export interface LostTurnDeps {
  openclaw: OpenClawService;
  gateway: GatewayService;
  clock: Clock;
}

export interface LostTurn {
  machineId: string;
  session: string;
  agent?: string | undefined;
  /** What was asked; without it nobody can tell which reply belongs to it. */
  message: string;
  /** What the caller has received of the reply. */
  received: string;
  /** By the machine's clock, in milliseconds since the epoch: what its session holds from before is another turn's. */
  sentMs: number;
}

// From this version on the gateway takes up interrupted turns when it starts (measured: 2026.9.6 does, 2026.7.1 not).
const RESUMES_SINCE = '2026.9.0';
// A resumed turn asks the model again, so it takes as long as a turn; who waits longer reads the session.
const RESUME_WAIT_MS = 120_000;
const LOOK_MS = 1_000;
const MAX_LOOK_MS = 4_000;
const MESSAGES = 20;

/** The reply that the session holds by now, or that comes while we wait; undefined when there is none. */
export async function keptReply(
  operation: OperationHandle,
  deps: LostTurnDeps,
  turn: LostTurn,
): Promise<string | undefined> {
  const { signal } = operation;
  const { openclawVersion } = await deps.openclaw.probe(turn.machineId, { signal });
  const resumes = openclawVersion !== undefined && semver.gte(openclawVersion, RESUMES_SINCE);
  operation.tell('looking for the reply in the session');
  const looking = {
    clock: deps.clock,
    what: 'the interrupted reply',
    intervalMs: LOOK_MS,
    maxIntervalMs: MAX_LOOK_MS,
    timeoutMs: resumes ? RESUME_WAIT_MS : 0,
    signal,
  };
  try {
    return await poll(looking, async () => ({ done: await replyIn(deps.gateway, turn, signal) }));
  } catch (error) {
    // No reply in time, or no such session: the turn never began there.
    if (isAppError(error, 'timeout', 'not_found')) return undefined;
    throw error;
  }
}

async function replyIn(
  gateway: GatewayService,
  turn: LostTurn,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { machineId, session, agent } = turn;
  const page = await gateway.readSession(machineId, { session, agent, limit: MESSAGES, signal });
  return replyTo(page.messages, turn);
}

/** What was said after the message; a text that only repeats what was cut off is not the reply. */
function replyTo(messages: readonly SessionMessage[], turn: LostTurn): string | undefined {
  const asked = messages.findLastIndex(
    ({ role, text, at }) =>
      role === 'user' && text.includes(turn.message) && !(at !== undefined && Date.parse(at) < turn.sentMs),
  );
  if (asked === -1) return undefined;
  const said = messages.slice(asked + 1).filter((one) => one.role === 'assistant' && one.text.trim() !== '');
  const last = said.at(-1)?.text;
  return last === undefined || last === turn.received ? undefined : last;
}
