/** A message that the gateway did not let into its session: why, and what makes it take the message after all. */
import { AppError, isAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import type { SessionState, TurnSnapshot } from '../../gateway/ports.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { askUntilAnswered } from '../jobs/ask-again.ts';
import { type InterruptedDeps, type InterruptedTurn, startGateway } from './interrupted-turn.ts';

export type RefusedTurn = Pick<InterruptedTurn, 'machineId' | 'session' | 'agent'>;

// A refusal comes at once; what failed later may have been with the model.
const AT_ONCE_SECONDS = 20;
// Measured: with less, writes have failed already.
const FULL_DISK_MIB = 50;
const BUSY_LIMIT_MS = 3_600_000;
const LOOK_MS = 1_000;
const MAX_LOOK_MS = 10_000;

/** Whether nothing of the message can have come to the model. */
export function wasRefused({ text, elapsedSeconds, error }: TurnSnapshot): boolean {
  return error?.details.fault !== undefined && text === '' && (elapsedSeconds ?? 0) < AT_ONCE_SECONDS;
}

/**
 * Makes the session take messages again, and waits for what is at work in it.
 * @returns false where nothing was in the way: the failure is what it seems.
 * @throws AppError `conflict` where its turn goes on for an hour.
 */
export async function reopenSession(
  operation: OperationHandle,
  deps: InterruptedDeps,
  turn: RefusedTurn,
  fault: unknown,
): Promise<boolean> {
  const { machineId, session, agent } = turn;
  const { signal } = operation;
  const look = () =>
    askUntilAnswered(operation, deps.clock, () =>
      deps.gateway.sessionState(machineId, { session, agent, signal }),
    );
  const seen = await look();
  if (fault === 'disk_full') return restartedWithRoom(operation, deps, machineId, seen);
  if (seen.state === 'archived') {
    if (!(await deps.gateway.restoreSession(machineId, { session, agent, signal }))) return false;
    await operation.note('OpenClaw had archived this session for not being used; it was brought back.');
    return true;
  }
  // What was at work in it may have ended between the refusal and this look.
  if (seen.state === 'idle' && seen.interrupted) return true;
  if (seen.state !== 'running') return false;
  operation.tell('OpenClaw first ends the turn that is at work in this session');
  await untilFree(operation, deps, machineId, look);
  await operation.note('Before the message was sent, OpenClaw ended another turn of this session.');
  return true;
}

async function untilFree(
  operation: OperationHandle,
  deps: InterruptedDeps,
  machineId: string,
  look: () => Promise<SessionState>,
): Promise<void> {
  const waiting = {
    clock: deps.clock,
    what: 'the session to be free',
    intervalMs: LOOK_MS,
    maxIntervalMs: MAX_LOOK_MS,
    timeoutMs: BUSY_LIMIT_MS,
    signal: operation.signal,
  };
  try {
    await poll(waiting, async () => {
      const { state } = await look();
      if (state === 'unknown') await startGateway(operation, deps, machineId);
      return state === 'unknown' || state === 'running' ? {} : { done: true };
    });
  } catch (error) {
    if (!isAppError(error, 'timeout') || operation.signal.aborted) throw error;
    throw new AppError(
      'conflict',
      'Another turn has been at work in this session for an hour; the message was not sent',
      {
        next: 'Call repair_openclaw, which ends it and keeps the conversation, or use another session.',
        details: { sent: false },
        cause: error,
      },
    );
  }
}

/** A gateway that saw a write fail answers no chat until it is started again; that helps once there is room. */
async function restartedWithRoom(
  operation: OperationHandle,
  { openclaw }: InterruptedDeps,
  machineId: string,
  { disk_free_mib: free }: SessionState,
): Promise<boolean> {
  if (free < FULL_DISK_MIB) return false;
  await openclaw.stopGateway(machineId, operation);
  await openclaw.startGateway(machineId, operation);
  await operation.note('The gateway had seen a full disk. There is room again, so it was started anew.');
  return true;
}
