/** Limits that hold whatever a tool does: a pinned server reaches no other machine, and one that only reads begins, continues and cancels no work. */
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { Operations, OperationView } from '../../operations/ports.ts';
import { type OperationRecord, parseOperationId } from '../../operations/record.ts';

/** Only `pinned` exists. @throws AppError `unsupported` for every other machine, and for a new one. */
export function pinnedMachines(machines: MachineService, pinned: string): MachineService {
  const reach = async (machineId: string) => {
    if (machineId !== pinned) throw notHere('another machine');
    return machines;
  };
  return {
    list: async (options) => (await machines.list(options)).filter((one) => one.machineId === pinned),
    create: async () => {
      throw notHere('a new machine');
    },
    get: async (id, ...rest) => (await reach(id)).get(id, ...rest),
    waitUntilRunning: async (id, ...rest) => (await reach(id)).waitUntilRunning(id, ...rest),
    waitForGuest: async (id, ...rest) => (await reach(id)).waitForGuest(id, ...rest),
    run: async (id, ...rest) => (await reach(id)).run(id, ...rest),
    wake: async (id, ...rest) => (await reach(id)).wake(id, ...rest),
    sleep: async (id, ...rest) => (await reach(id)).sleep(id, ...rest),
    update: async (id, ...rest) => (await reach(id)).update(id, ...rest),
    openPort: async (id, ...rest) => (await reach(id)).openPort(id, ...rest),
    openSsh: async (id, ...rest) => (await reach(id)).openSsh(id, ...rest),
    destroy: async (id, ...rest) => (await reach(id)).destroy(id, ...rest),
  };
}

function notHere(what: string): AppError {
  return new AppError(
    'unsupported',
    `This server is pinned by OPENCLAW_MCP_MACHINE_ID and cannot use ${what}`,
    {
      next: 'Use the pinned machine, or ask the owner of this server.',
    },
  );
}

/** Only the operations of `pinned` exist. */
export function pinnedOperations(operations: Operations, pinned: string): Operations {
  const mine = (record: OperationRecord) => record.machineId === pinned;
  const list: Operations['list'] = async (...which) => (await operations.list(...which)).filter(mine);
  const known = async (id: string) => {
    // Some are found by their id alone, without a record.
    if (parseOperationId(id)?.machineId === pinned) return;
    if ((await list('all', (one) => one === id)).length === 0) throw unknownOperation();
  };
  // Each by name, so that a way into operations that is added later is held by the pin too, or does not compile.
  return {
    list,
    endedSince: async (...since) => (await operations.endedSince(...since)).filter(mine),
    close: () => operations.close(),
    start: async (request) => {
      if (request.machineId !== pinned) throw notHere('another machine');
      return operations.start(request);
    },
    forget: async (id) => {
      await known(id);
      return operations.forget(id);
    },
    await: async (id, options) => {
      await known(id);
      return operations.await(id, options);
    },
    cancel: async (id) => {
      await known(id);
      return operations.cancel(id);
    },
  };
}

function unknownOperation(): AppError {
  return new AppError('not_found', 'There is no operation with this id', {
    next: 'Call get_operation without an id to list what is in flight.',
  });
}

/** Operations that are looked at and never carried on: another server's work may be watched, not moved. */
export function watchedOperations(operations: Operations, clock: Clock): Operations {
  const refuse = async (): Promise<never> => {
    throw new AppError('unsupported', 'This server only reads (--read-only)', {
      next: 'Ask the owner of this server to start it without --read-only.',
    });
  };
  return {
    ...operations,
    start: refuse,
    cancel: refuse,
    forget: refuse,
    async await(id, { waitMs, signal }) {
      const find = async () => {
        const [record] = await operations.list('all', (one) => one === id);
        if (record === undefined) throw unknownOperation();
        return { record, partial: undefined } satisfies OperationView;
      };
      const waiting = {
        clock,
        what: 'the operation',
        intervalMs: 250,
        maxIntervalMs: 2_000,
        timeoutMs: waitMs,
        signal,
      };
      try {
        return await poll(waiting, async () => {
          const view = await find();
          return view.record.status === 'running' ? {} : { done: view };
        });
      } catch (error) {
        if (isAppError(error, 'timeout')) return find();
        throw error;
      }
    },
  };
}
