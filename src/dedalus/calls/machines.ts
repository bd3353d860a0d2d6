/** The calls of the port that are about machines: keys, revisions, pages, and what an old API cannot do. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError, isAppError, onAppError } from '../../core/errors.ts';
import type { DedalusApi, Machine, MachineChange, MachineSpec, RevisionOptions } from '../api.ts';
import type { Subject } from '../errors.ts';
import { destroyedMachine, machinePageSchema, machineSchema } from '../schemas.ts';
import type { WireRequest } from '../wire.ts';
import type { AccessCalls } from './access.ts';
import { AUTOSLEEP_UNKNOWN, type Call, MACHINES, machinePath } from './call.ts';
import type { ExecutionCalls } from './executions.ts';
import type { OpeningCalls } from './openings.ts';
import type { UsageCalls } from './usage.ts';

/** @param caps of one list of machines. */
export function machineCalls(
  call: Call,
  caps: { listPages: number; machines: number },
): Omit<DedalusApi, keyof ExecutionCalls | keyof UsageCalls | keyof AccessCalls | keyof OpeningCalls> {
  const getMachine = (machineId: string, options?: WaitOptions) =>
    call({ method: 'get', path: machinePath(machineId) }, machineSchema, 'machine', options);

  /** Sends a change; when its revision turns out stale, reads the machine again and sends it once more. */
  async function change(
    machineId: string,
    options: RevisionOptions,
    request: WireRequest,
    subject: Subject,
  ): Promise<Machine> {
    const once = (idempotencyKey: string, ifMatch: string | undefined) =>
      call({ ...request, idempotencyKey, ifMatch }, machineSchema, subject, options);
    try {
      return await once(options.idempotencyKey, options.revision);
    } catch (error) {
      if (!isAppError(error, 'conflict') || error.details.platform_code !== 'REVISION_MISMATCH') throw error;
      const { revision } = await getMachine(machineId, options);
      // The refusal may be what the API now answers for the old key; the new one names this revision for good.
      return once(`${options.idempotencyKey}-r${revision ?? '0'}`, revision);
    }
  }

  /** A change behind a path of its own, where a 404 may mean the machine or the path. */
  async function transition(machineId: string, verb: 'sleep' | 'wake', options: RevisionOptions) {
    try {
      const path = `${machinePath(machineId)}/${verb}`;
      return await change(machineId, options, { method: 'post', path }, 'capability');
    } catch (error) {
      if (isAppError(error, 'unsupported') && error.details.http_status === 404) {
        await getMachine(machineId, options);
      }
      throw error;
    }
  }

  return {
    async createMachine(spec, options) {
      const create = (body: MachineSpec, idempotencyKey: string) =>
        call(
          { method: 'post', path: MACHINES, body: wireSpec(body), idempotencyKey },
          machineSchema,
          'service',
          options,
        );
      try {
        return { ...(await create(spec, options.idempotencyKey)), autosleepRefused: false };
      } catch (error) {
        if (
          spec.autosleep === undefined ||
          !isAppError(error) ||
          error.details.reason !== AUTOSLEEP_UNKNOWN
        ) {
          throw error;
        }
        // Another body needs another key, and the same one whenever this is repeated.
        const machine = await create(
          { ...spec, autosleep: undefined },
          `${options.idempotencyKey}-no-autosleep`,
        );
        return { ...machine, autosleepRefused: true };
      }
    },
    getMachine,
    async listMachines(options) {
      const found = new Map<string, Machine>();
      const seen = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < caps.listPages && found.size <= caps.machines; page += 1) {
        const query = cursor === undefined ? undefined : { cursor };
        const { items, nextCursor } = await call(
          { method: 'get', path: MACHINES, query },
          machinePageSchema,
          'service',
          options,
        );
        for (const machine of items) found.set(machine.machineId, machine);
        // A cursor that comes back would lead round in circles.
        if (nextCursor === undefined || seen.has(nextCursor)) return [...found.values()];
        seen.add(nextCursor);
        cursor = nextCursor;
      }
      throw new AppError('unavailable', 'The list of machines does not end', {
        next: 'Try again; if it stays so, report it to Dedalus.',
        details: { reason: 'endless_list' },
      });
    },
    updateMachine: (machineId, patch, options) =>
      change(
        machineId,
        options,
        { method: 'patch', path: machinePath(machineId), body: wireSpec(patch) },
        'machine',
      ),
    sleepMachine: (machineId, options) => transition(machineId, 'sleep', options),
    wakeMachine: (machineId, options) => transition(machineId, 'wake', options),
    async deleteMachine(machineId, options) {
      return change(machineId, options, { method: 'delete', path: machinePath(machineId) }, 'machine').catch(
        onAppError(destroyedMachine(machineId), 'not_found'),
      );
    },
  };
}

function wireSpec(spec: MachineChange) {
  return {
    vcpu: spec.vcpu,
    memory_mib: spec.memoryMib,
    storage_gib: spec.storageGib,
    autosleep: spec.autosleep,
  };
}
