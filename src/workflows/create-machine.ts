/** Gets a deploy exactly one living machine: created once, adopted after a lost answer, replaced when it died at birth. */
import { z } from 'zod';
import { isAppError } from '../core/errors.ts';
import type { MachineSpec } from '../dedalus/api.ts';
import type { MachineService } from '../machine/ports.ts';
import type { OperationHandle } from '../operations/ports.ts';
import { parseStored } from './parse-state.ts';

export const specSchema = z.object({
  vcpu: z.number(),
  memoryMib: z.number(),
  storageGib: z.number(),
  autosleep: z.string().optional(),
});

/** Where a deploy's machine comes from. */
export const machineSource = z.object({
  spec: specSchema,
  /** A machine that exists already; it is never replaced. */
  machineId: z.string().optional(),
  /** The create call of an earlier deploy of the same name whose answer never came, to be asked again first. */
  unanswered: z.object({ key: z.string(), spec: specSchema }).optional(),
});
export type MachineSource = z.output<typeof machineSource>;

/** How far it is. `key` is written before the call that may cost money, `machineId` after its answer. */
export const machineState = z.object({
  attempt: z.number().default(1),
  key: z.string().optional(),
  machineId: z.string().nullish(),
});

// A third dead machine in a row is no bad luck; every further one would only cost time.
const MAX_ATTEMPTS = 3;

/**
 * Resolves with the id of a machine that runs commands.
 * @throws AppError `quota`, `auth`, `machine_failed` after three dead machines, and what MachineService throws.
 */
export async function livingMachine(
  operation: OperationHandle,
  machines: MachineService,
  source: MachineSource,
): Promise<string> {
  for (;;) {
    const machineId = source.machineId ?? (await createdMachine(operation, machines, source));
    try {
      await boot(operation, machines, machineId);
      return machineId;
    } catch (error) {
      const { attempt } = parseStored(machineState, operation.record.state);
      if (source.machineId !== undefined || attempt >= MAX_ATTEMPTS || !isReplaceable(error)) throw error;
      await replace(operation, machines, machineId, attempt, error);
    }
  }
}

async function createdMachine(
  operation: OperationHandle,
  machines: MachineService,
  source: MachineSource,
): Promise<string> {
  const state = parseStored(machineState, operation.record.state);
  if (state.machineId) return state.machineId;
  await operation.stage('create');
  const earlier = state.attempt === 1 ? source.unanswered : undefined;
  const key = earlier?.key ?? `${operation.id}-${state.attempt}`;
  const spec: MachineSpec = earlier?.spec ?? source.spec;
  await operation.save({ key });
  const machine = await machines.create(spec, key, { signal: operation.signal });
  await operation.save({ machineId: machine.machineId });
  if (machine.autosleepRefused) {
    await operation.note('This API does not know autosleep; the machine was created without it.');
  }
  return machine.machineId;
}

async function boot(operation: OperationHandle, machines: MachineService, machineId: string): Promise<void> {
  await operation.stage('boot');
  const { signal } = operation;
  const machine = await machines.get(machineId, { signal });
  if (machine.phase === 'sleeping' || machine.phase === 'stopping')
    await machines.wake(machineId, { signal });
  await machines.waitUntilRunning(machineId, {
    signal,
    onPhase: (seen) => operation.tell(`machine is ${seen.phase}`),
  });
  await operation.stage('guest');
  await machines.waitForGuest(machineId, { signal });
}

async function replace(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  attempt: number,
  cause: unknown,
): Promise<void> {
  await operation.stage('replace');
  await machines.destroy(machineId, { signal: operation.signal });
  const reason =
    isAppError(cause) && typeof cause.details.reason === 'string' ? ` (${cause.details.reason})` : '';
  await operation.note(`Machine ${machineId} failed to start${reason}; it was destroyed and replaced.`);
  await operation.save({ attempt: attempt + 1, machineId: null });
}

/** Whether a fresh machine may do better: never when the account is full or the caller gave up. */
function isReplaceable(error: unknown): boolean {
  if (isAppError(error, 'not_found')) return true;
  return isAppError(error, 'machine_failed') && error.details.replaceable !== false;
}
