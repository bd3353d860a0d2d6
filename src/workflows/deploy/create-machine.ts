/** Gets a deploy exactly one machine that runs commands: created once, found again after a lost answer, replaced where it never came up. */
import * as z from 'zod';
import { ageMs, type Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { type OperationRecord, parseStored } from '../../operations/record.ts';
import { safePhase } from '../power/machine-phase.ts';

/** A machine's size, as its create call says it. */
export const specSchema = z.object({
  vcpu: z.number(),
  memoryMib: z.number(),
  storageGib: z.number(),
  autosleep: z.string().optional(),
});

/** A call that creates a machine, kept so that it can be sent again and never makes a second one. */
export const createCall = z.object({
  /** Never used with another spec. */
  key: z.string(),
  spec: specSchema,
  /** ISO time of its first try. */
  at: z.string(),
});
export type CreateCall = z.output<typeof createCall>;

/** Where a deploy's machine comes from. */
export const machineSource = z.object({
  spec: specSchema,
  /** A machine that exists already; it is never replaced. */
  machineId: z.string().optional(),
  /** The create call of an earlier deploy of the same name whose answer never came, to be asked again first. */
  unanswered: createCall.optional(),
});
export type MachineSource = z.output<typeof machineSource>;

/** How far it is. `key` and its time are written before the call that may cost money, the record's machine after its answer. */
export const machineState = z.object({
  attempt: z.number().default(1),
  key: z.string().optional(),
  /** ISO time of the first call under `key`. */
  keyAt: z.string().optional(),
});

/** Whether this deploy got as far as to put something on its machine: from there on the machine may be in use. */
export function installed({ stages, input, state }: Readonly<OperationRecord>): boolean {
  return (
    input.machineId !== undefined || state.recovered === true || stages.some(({ name }) => name === PLAN)
  );
}

export interface CreateDeps {
  machines: MachineService;
  clock: Clock;
}

/** The stage in which a deploy first runs something of its own on the machine. */
export const PLAN = 'plan';
// Three machines in a row that do not come up are no accident; a fourth one would only cost time.
const MAX_ATTEMPTS = 3;
// How long the platform remembers a key is not documented. After this a repeated call might make a second machine.
const KEY_TRUSTED_MS = 12 * 3_600_000;
// The platform's clock and ours may differ by this.
const CLOCK_SLACK_MS = 10 * 60_000;

/**
 * Resolves with the id of a machine that runs commands.
 * @throws AppError `quota`, `auth`, `machine_failed` after three machines that did not come up, `conflict` when nobody can know whether
 *   an old create call made a machine, and what MachineService throws.
 */
export async function usableMachine(
  operation: OperationHandle,
  deps: CreateDeps,
  source: MachineSource,
): Promise<string> {
  for (;;) {
    const machineId = source.machineId ?? (await createdMachine(operation, deps, source));
    try {
      await boot(operation, deps.machines, machineId);
      return machineId;
    } catch (error) {
      if (source.machineId !== undefined || !neverCameUp(error)) throw error;
      if (error.code !== 'not_found' && installed(operation.record)) throw mayHoldAnAssistant(error);
      await removeFailed(operation, deps.machines, machineId, error);
    }
  }
}

async function createdMachine(
  operation: OperationHandle,
  deps: CreateDeps,
  source: MachineSource,
): Promise<string> {
  const { machineId } = operation.record;
  if (machineId !== undefined) return machineId;
  await operation.stage('create');
  const { key, spec } = await trustedCall(operation, deps, source);
  const machine = await deps.machines.create(spec, key, operation);
  await operation.onMachine(machine.machineId);
  if (machine.autosleepRefused) {
    await operation.note('This API does not know autosleep; the machine was created without it.');
  }
  return machine.machineId;
}

/** The create call to send now: an earlier one again while its key protects it, else a new one. It is recorded. */
async function trustedCall(
  operation: OperationHandle,
  deps: CreateDeps,
  source: MachineSource,
): Promise<CreateCall> {
  const { attempt, key, keyAt } = parseStored(machineState, operation.record.state);
  const now = new Date(deps.clock.now()).toISOString();
  const own = { key: `${operation.id}-${attempt}`, spec: source.spec, at: now };
  const earlier = attempt === 1 ? source.unanswered : undefined;
  // A call that this operation has sent before keeps the time of its first try.
  const call = { ...(earlier ?? own) };
  if (key === call.key && keyAt !== undefined) call.at = keyAt;
  if (ageMs(call.at, deps.clock.now()) <= KEY_TRUSTED_MS) {
    await operation.save({ key: call.key, keyAt: call.at });
    return call;
  }
  await requireNoTrace(operation, deps, call);
  const fresh = { key: `${operation.id}-${attempt + 1}`, spec: source.spec, at: now };
  await operation.save({ attempt: attempt + 1, key: fresh.key, keyAt: now });
  return fresh;
}

/** @throws AppError `conflict` when a machine that nobody asked for since might be the one of that old call. */
async function requireNoTrace(
  operation: OperationHandle,
  { machines, clock }: CreateDeps,
  call: CreateCall,
): Promise<void> {
  const now = clock.now();
  const sentAt = Date.parse(call.at);
  // A time of the future does not tell when it was: each machine may be the one.
  const since = sentAt <= now ? sentAt - CLOCK_SLACK_MS : Number.NEGATIVE_INFINITY;
  const all = await machines.list(operation);
  const suspects = all.filter((one) => one.createdAt === undefined || Date.parse(one.createdAt) >= since);
  if (suspects.length === 0) return;
  throw new AppError(
    'conflict',
    `A call to create this machine was sent on ${call.at} and never answered; one of these may be its machine: ${suspects.map((one) => one.machineId).join(', ')}. Nothing was created now`,
    {
      next: 'Call deploy_openclaw with machine_id to use one of them, or destroy what is not needed; then call deploy_openclaw again: it creates a new machine.',
      details: { reason: 'old_create' },
    },
  );
}

async function boot(operation: OperationHandle, machines: MachineService, machineId: string): Promise<void> {
  await operation.stage('boot');
  const machine = await machines.get(machineId, operation);
  if (machine.phase === 'sleeping' || machine.phase === 'stopping') await machines.wake(machineId, operation);
  await machines.waitUntilRunning(machineId, {
    signal: operation.signal,
    onPhase: (seen) => operation.tell(`machine is ${safePhase(seen.phase)}`),
  });
  await operation.stage('guest');
  await machines.waitForGuest(machineId, operation);
}

/**
 * Removes a machine that never came up, since it counts against the quota and holds nothing.
 * @throws the cause when no further machine may be tried.
 */
async function removeFailed(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  cause: AppError,
): Promise<void> {
  const { attempt } = parseStored(machineState, operation.record.state);
  await operation.stage('replace');
  await machines.destroy(machineId, operation);
  const why = reasonOf(cause);
  if (attempt < MAX_ATTEMPTS && cause.details.replaceable !== false) {
    await operation.note(`Machine ${machineId} ${why}; it was destroyed and replaced.`);
    await operation.onMachine(undefined, { attempt: attempt + 1 });
    return;
  }
  await operation.note(`Machine ${machineId} ${why}; it was destroyed.`);
  await operation.onMachine(undefined);
  throw givenUp(cause);
}

/** What a person has to decide: a machine that was once installed on is removed by nothing but destroy_machine. */
export function mayHoldAnAssistant({ message, details, foreign }: AppError): AppError {
  return new AppError('machine_failed', `${message}; it was kept, since an assistant may live on it`, {
    next: 'Call destroy_machine for it if it may go, then deploy_openclaw again; or deploy under another name.',
    details,
    foreign,
  });
}

function givenUp(cause: AppError): AppError {
  const next =
    cause.details.replaceable === false
      ? 'Call list_machines and destroy what is not needed: the quota is used up. Then call deploy_openclaw again.'
      : `${MAX_ATTEMPTS} machines in a row did not start, and none was left behind: call deploy_openclaw again later, or with less memory_mib.`;
  return cause.with({ next });
}

function reasonOf(cause: AppError): string {
  if (cause.code === 'not_found') return 'disappeared';
  const reason = cause.details.reason;
  return `failed to start${typeof reason === 'string' ? ` (${reason})` : ''}`;
}

/** Not a machine that merely refuses a command, and not a caller that gave up. */
function neverCameUp(error: unknown): error is AppError {
  if (isAppError(error, 'not_found')) return true;
  return isAppError(error, 'machine_failed') && error.details.reason !== 'command_refused';
}
