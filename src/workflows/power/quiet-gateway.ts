/** Waits until the assistant has nothing to do, within a bound, and keeps it from beginning anything new. */
import type { Clock } from '../../core/clock.ts';
import { isAppError, onFailure } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import type { GatewayService } from '../../gateway/ports.ts';
import type { OpenClawService, SuspendOutcome } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';

// Most turns end within a minute, and few take five; a longer one should not keep a machine awake that its owner wants
// asleep.
const QUIET_MS = 5 * 60_000;
// Whoever waits for a turn asks every four seconds. They must hear of its end while the machine is still awake: a question
// after that would wake it.
const HEARD_MS = 6_000;
// Within one command; the caller hears of the running work this often.
const WAIT_SECONDS = 5;

export interface QuietDeps {
  openclaw: OpenClawService;
  gateway: Pick<GatewayService, 'cancelTurn'>;
  clock: Clock;
}

/** Resolves in any case; work that is cut off is named in a note. */
export async function quietGateway(
  operation: OperationHandle,
  deps: QuietDeps,
  machineId: string,
): Promise<void> {
  await operation.stage('quiet');
  const { signal } = operation;
  let last: SuspendOutcome | undefined;
  const waiting = {
    clock: deps.clock,
    what: 'running work to end',
    // The machine itself waits for the work before it answers; these pauses are for one that answers "busy" at once.
    intervalMs: 100,
    maxIntervalMs: 3_000,
    timeoutMs: QUIET_MS,
    signal,
  };
  try {
    await poll(waiting, async () => {
      last = await deps.openclaw.suspendGateway(machineId, { waitSeconds: WAIT_SECONDS, signal });
      if (last.state !== 'busy') return { done: last };
      operation.tell(`waiting for ${named(last)}`);
      return {};
    });
  } catch (error) {
    if (signal.aborted || !isAppError(error)) throw error;
    // Nothing that a sick machine says may keep it from being put to sleep.
    if (last === undefined) return operation.note('Its gateway could not be asked whether it is at work.');
    await endTurns(operation, deps, machineId, last.turns);
    await operation.note(
      `It goes to sleep although ${named(last)} still ran after five minutes; read_session shows what was kept.`,
    );
  }
}

/** Whoever waits for them learns why; and OpenClaw, which sees its caller leave, does not run them again after a wake. */
async function endTurns(
  operation: OperationHandle,
  { gateway, clock }: QuietDeps,
  machineId: string,
  turns: readonly string[],
): Promise<void> {
  const { signal } = operation;
  const ours = turns.filter((id) => id !== 'unknown');
  for (const id of ours) {
    const how = { signal, because: 'asleep' } as const;
    await gateway.cancelTurn(machineId, id, how).catch(onFailure(undefined, signal));
  }
  if (ours.length > 0) await clock.sleep(HEARD_MS, signal);
}

function named({ turns, blockers }: SuspendOutcome): string {
  if (turns.length === 0) return `${Math.max(1, blockers)} piece(s) of the assistant's own work`;
  const ids = turns.map((id) => id.replace(/-\d$/, '')).join(', ');
  return `${turns.length} chat turn(s) (${ids})`;
}
