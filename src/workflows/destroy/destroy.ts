/** Destroys a machine for good, after one last look that it is still the one that was meant. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import { ageMs, type Clock } from '../../core/clock.ts';
import { AppError, onAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind, Operations } from '../../operations/ports.ts';
import { type OperationRecord, parseStored } from '../../operations/record.ts';
import { DEPLOY } from '../deploy/deploy.ts';
import { type PhaseGoal, recoverPhase } from '../jobs/recover-phase.ts';
import { isAlive } from '../power/machine-phase.ts';
import { NOTHING_NEXT, phaseDetail, phaseResult } from '../result-fields.ts';
import { CONFIRMATION_MS } from './confirmations.ts';

export const DESTROY = 'destroy';

export const destroyInput = z.object({ machineId: z.string(), identity: z.string() });
const GOAL: PhaseGoal = { tool: 'destroy_machine', arrived: ['destroyed'], onItsWay: ['destroying'] };

export interface DestroyDeps {
  machines: MachineService;
  clock: Clock;
  /** Ends every deploy that is at work on the machine: it would replace the one that goes. */
  endDeploys(machineId: string): Promise<void>;
}

/** What the kind `destroy` does. */
export function destroyWork(deps: DestroyDeps): OperationKind {
  return {
    async run(operation) {
      const { machineId, identity } = parseStored(destroyInput, operation.record.input);
      await operation.stage('check');
      await lastLook(operation, deps, machineId, identity);
      await operation.stage('destroy');
      await deps.endDeploys(machineId);
      const machine = await deps.machines.destroy(machineId, operation);
      return { machine_id: machineId, phase: machine.phase };
    },
    async recover(_id, machineId) {
      const found = await recoverPhase(deps.machines, machineId, GOAL);
      // Without its record nobody knows which machine was meant. An empty identity is that of no machine: so this only waits
      // for one that is being destroyed already, and never begins to destroy any.
      return found && { ...found, input: { ...found.input, identity: '' } };
    },
  };
}

/** Records the destruction of the machine that has this identity, or joins the one that runs. */
export function startDestroy(
  operations: Operations,
  machineId: string,
  identity: string,
): Promise<OperationRecord> {
  return operations.start({ kind: DESTROY, key: machineId, input: { machineId, identity }, machineId });
}

/** `DestroyDeps.endDeploys`. */
export async function endDeploysOn(operations: Operations, machineId: string): Promise<void> {
  for (const record of await operations.list('running')) {
    if (record.kind === DEPLOY && record.machineId === machineId) await operations.cancel(record.id);
  }
}

/** The running destruction of this machine, if there is one. */
export async function runningDestroy(
  operations: Operations,
  machineId: string,
): Promise<OperationRecord | undefined> {
  const running = await operations.list('running');
  return running.find((record) => record.kind === DESTROY && record.key === machineId);
}

/**
 * What tells this machine from another one that took its id, whatever phase it is in.
 * @throws as MachineService.get.
 */
export async function identityOf(
  machines: MachineService,
  machineId: string,
  options: WaitOptions,
): Promise<{ machine: Machine; identity: string }> {
  // Only the list tells when a machine was created, only GET the rest.
  const [machine, all] = await Promise.all([machines.get(machineId, options), machines.list(options)]);
  const createdAt = all.find((one) => one.machineId === machineId)?.createdAt ?? machine.createdAt;
  const identity = JSON.stringify([machineId, createdAt ?? null, machine.storageGib ?? null]);
  return { machine: { ...machine, createdAt }, identity };
}

/** @throws AppError `conflict` when it is another machine now, or when the consent to this is too old. */
async function lastLook(
  operation: OperationHandle,
  { machines, clock }: { machines: MachineService; clock: Clock },
  machineId: string,
  wanted: string,
): Promise<void> {
  const seen = await aliveIdentity(machines, machineId, operation);
  // Gone or going already: there is nothing left that could be the wrong one.
  if (seen === undefined) return;
  if (seen !== wanted) {
    throw new AppError('conflict', 'Nothing was destroyed: another machine has taken this id', {
      next: 'Call destroy_machine without confirmation to see what is there now.',
    });
  }
  // A server that died in between may be followed by the next one much later.
  if (ageMs(operation.record.createdAt, clock.now()) > CONFIRMATION_MS) {
    throw new AppError('conflict', 'Nothing was destroyed: this was not confirmed in the last ten minutes', {
      next: 'Call destroy_machine again without confirmation.',
    });
  }
}

async function aliveIdentity(
  machines: MachineService,
  machineId: string,
  options: WaitOptions,
): Promise<string | undefined> {
  const seen = await identityOf(machines, machineId, options).catch(onAppError(undefined, 'not_found'));
  return seen && isAlive(seen.machine) ? seen.identity : undefined;
}

export const destroy = declareKind({
  name: DESTROY,
  input: destroyInput,
  result: phaseResult,
  work: destroyWork,
  words: {
    subject: 'Destroying the machine',
    noun: 'its destruction',
    details: ({ phase }) => [phaseDetail(phase)],
    next: () => NOTHING_NEXT,
  },
});
