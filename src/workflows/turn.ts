/** One chat turn that survives the call, the client and this process: sent once, read until it is whole. */
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import type { GatewayService, TurnSnapshot } from '../gateway/ports.ts';
import type { OpenClawService } from '../openclaw/openclaw-service.ts';
import type { OperationHandle, OperationKind } from '../operations/ports.ts';
import { asJson, type JsonObject } from '../operations/record.ts';
import { parseStored } from './parse-state.ts';

export const TURN = 'turn';

const turnInput = z.object({
  machineId: z.string(),
  session: z.string(),
  agent: z.string().optional(),
  model: z.string().optional(),
});

/** The message is kept only until the turn has ended. */
const turnState = z.object({ message: z.string().nullish(), attempt: z.number().default(1) });

export interface TurnDeps {
  openclaw: OpenClawService;
  gateway: GatewayService;
}

// Within one execution; a machine's own stdout arrives only when that ends, so this is how often a reply is seen to grow.
const WAIT_SECONDS = 4;
const MAX_ATTEMPTS = 3;

/** `run` results in `{machine_id, session, reply, usage?, finish_reason?}`. */
export function turnKind(deps: TurnDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(turnInput, operation.record.input);
      try {
        return resultOf(input, await wholeTurn(operation, deps, input));
      } finally {
        if (!operation.signal.aborted) await operation.save({ message: null });
      }
    },
    async cancel(record) {
      const { machineId } = parseStored(turnInput, record.input);
      const { attempt } = parseStored(turnState, record.state);
      await deps.gateway.cancelTurn(machineId, turnId(record.id, attempt));
    },
  };
}

type TurnInput = z.output<typeof turnInput>;

async function wholeTurn(
  operation: OperationHandle,
  deps: TurnDeps,
  input: TurnInput,
): Promise<TurnSnapshot> {
  for (;;) {
    const turn = await finishedTurn(operation, deps, input);
    if (turn.state === 'done') return turn;
    await recover(operation, deps, input.machineId, turn);
  }
}

async function finishedTurn(
  operation: OperationHandle,
  deps: TurnDeps,
  input: TurnInput,
): Promise<TurnSnapshot> {
  const { signal } = operation;
  const { message, attempt } = parseStored(turnState, operation.record.state);
  const id = turnId(operation.id, attempt);
  const options = { waitSeconds: WAIT_SECONDS, signal, onText: (text: string) => operation.partial(text) };
  await operation.stage('turn');
  let turn =
    message === null || message === undefined
      ? await deps.gateway.readTurn(input.machineId, id, options)
      : await deps.gateway.startTurn(input.machineId, { ...input, turnId: id, message }, options);
  while (turn.state === 'running') {
    turn = await deps.gateway.readTurn(input.machineId, id, options);
  }
  return turn;
}

/**
 * Makes the machine fit for another try where the message certainly never reached the assistant.
 * @throws AppError with what happened in every other case: a message is never sent twice.
 */
async function recover(
  operation: OperationHandle,
  deps: TurnDeps,
  machineId: string,
  turn: TurnSnapshot,
): Promise<void> {
  const { attempt } = parseStored(turnState, operation.record.state);
  if (!neverSent(turn) || attempt >= MAX_ATTEMPTS) throw turnError(turn);
  await operation.stage('gateway');
  const started = await deps.openclaw.startGateway(machineId, { signal: operation.signal });
  for (const repaired of started.repaired) await operation.note(`Before the turn: ${repaired}.`);
  await operation.save({ attempt: attempt + 1 });
}

/** A turn that its machine never began, or whose gateway refused the connection (curl's exit code 7). */
function neverSent(turn: TurnSnapshot): boolean {
  return turn.state === 'unknown' || turn.error?.details.curl_exit === 7;
}

function turnError(turn: TurnSnapshot): AppError {
  if (turn.error) return turn.error;
  return new AppError(
    'machine_failed',
    'The machine stopped in the middle of the turn, so its reply is not whole',
    {
      next: 'Call read_session to see what the assistant has kept of it, then ask again.',
      ...(turn.text === '' ? {} : { foreign: turn.text }),
    },
  );
}

function resultOf(input: TurnInput, turn: TurnSnapshot): JsonObject {
  return asJson({
    machine_id: input.machineId,
    session: input.session,
    reply: turn.text,
    usage: turn.usage,
    finish_reason: turn.finishReason,
  });
}

/** Each attempt is a job of its own on the machine. */
function turnId(operationId: string, attempt: number): string {
  return attempt === 1 ? operationId : `${operationId}-${attempt}`;
}
