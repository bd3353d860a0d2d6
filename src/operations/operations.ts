/** Long work that outlives a call, a client and this process: started once, joined by key, awaited by id. */
import { randomBytes } from 'node:crypto';
import { unlessAborted } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { AwaitOptions, OperationHandle, OperationKind, Operations, Progress } from './ports.ts';
import type { OperationRecord } from './record.ts';
import { storeError } from './record.ts';
import type { OperationStore } from './store.ts';

interface Running {
  record: OperationRecord;
  partial: string | undefined;
  message: string | undefined;
  listeners: Set<() => void>;
  abort: AbortController;
  finished: Promise<void>;
}

// Clients show progress only when it arrives; a silent minute looks like a hang, and some count idle time.
const HEARTBEAT_MS = 10_000;

const CLOSED = new AppError('cancelled', 'The server is ending');
const STOPPED = new AppError('cancelled', 'The operation was cancelled');

/** @param kinds the work behind each kind name. */
export function operations(
  store: OperationStore,
  clock: Clock,
  kinds: Readonly<Record<string, OperationKind>>,
): Operations {
  const live = new Map<string, Running>();
  const isoNow = () => new Date(clock.now()).toISOString();

  const kindOf = (name: string): OperationKind => {
    const kind = kinds[name];
    if (!kind) throw new AppError('not_found', `There is no kind of operation called ${name}`);
    return kind;
  };

  async function persist(running: Running): Promise<void> {
    running.record.updatedAt = isoNow();
    await store.put(running.record);
    for (const listener of running.listeners) listener();
  }

  function handleFor(running: Running): OperationHandle {
    const { record } = running;
    const changed = () => {
      for (const listener of running.listeners) listener();
    };
    return {
      id: record.id,
      record,
      signal: running.abort.signal,
      async stage(name) {
        const last = record.stages.at(-1);
        if (last?.name === name && last.endedAt === undefined) return;
        running.message = undefined;
        endStage(record, isoNow());
        record.stages.push({ name, startedAt: isoNow() });
        await persist(running);
      },
      tell(message) {
        if (running.message === message) return;
        running.message = message;
        changed();
      },
      async note(sentence) {
        if (record.notes.includes(sentence)) return;
        record.notes.push(sentence);
        await persist(running);
      },
      async save(state) {
        Object.assign(record.state, state);
        await persist(running);
      },
      partial(text) {
        running.partial = text;
        changed();
      },
    };
  }

  async function drive(running: Running): Promise<void> {
    const { record } = running;
    try {
      record.result = await kindOf(record.kind).run(handleFor(running));
      record.status = 'done';
    } catch (error) {
      if (running.abort.signal.reason === CLOSED) return;
      record.status = running.abort.signal.reason === STOPPED ? 'cancelled' : 'failed';
      record.error = storeError(
        isAppError(error)
          ? error
          : new AppError('internal', 'A defect in this server stopped the operation', { cause: error }),
      );
    }
    endStage(record, isoNow());
    await persist(running);
  }

  function run(record: OperationRecord): Running {
    const already = live.get(record.id);
    if (already) return already;
    const running: Running = {
      record: structuredClone(record),
      partial: undefined,
      message: undefined,
      listeners: new Set(),
      abort: new AbortController(),
      finished: Promise.resolve(),
    };
    live.set(record.id, running);
    running.finished = drive(running).finally(() => live.delete(record.id));
    // A waiting call reports it; without one the record says it.
    running.finished.catch(() => {});
    return running;
  }

  async function find(id: string): Promise<OperationRecord> {
    const record = live.get(id)?.record ?? (await store.get(id)) ?? (await recover(id));
    if (record) return record;
    throw new AppError('not_found', 'There is no operation with this id', {
      next: 'Call get_operation without an id to list what is in flight.',
    });
  }

  async function recover(id: string): Promise<OperationRecord | undefined> {
    const parsed = parseOperationId(id);
    const record = parsed && (await kinds[parsed.kind]?.recover?.(id, parsed.machineId));
    if (record) await store.put(record);
    return record;
  }

  return {
    start: ({ kind, key, input, machineId, state = {} }) =>
      store.exclusive(async () => {
        kindOf(kind);
        const same = (await store.list()).find(
          (r) => r.status === 'running' && r.kind === kind && r.key === key,
        );
        if (same) return same;
        const now = isoNow();
        const record: OperationRecord = {
          id: operationId(kind, machineId),
          kind,
          key,
          status: 'running',
          createdAt: now,
          updatedAt: now,
          stages: [],
          notes: [],
          input,
          state,
        };
        await store.put(record);
        return record;
      }),

    async await(id, options) {
      const record = await find(id);
      if (record.status !== 'running') return { record, partial: undefined };
      const running = run(record);
      await waitFor(clock, running, options);
      return { record: running.record, partial: running.partial };
    },

    async list(which) {
      const records = await store.list();
      return which === 'all' ? records : records.filter((record) => record.status === 'running');
    },

    async cancel(id) {
      const record = await find(id);
      if (record.status !== 'running') return record;
      const kind = kindOf(record.kind);
      if (!kind.cancel) {
        throw new AppError('unsupported', `A ${record.kind} operation cannot be cancelled once it runs`, {
          next: `Wait for it with get_operation, operation_id "${id}".`,
        });
      }
      const running = live.get(id);
      running?.abort.abort(STOPPED);
      await running?.finished;
      await kind.cancel(running?.record ?? record);
      const ended: OperationRecord = {
        ...(running?.record ?? record),
        status: 'cancelled',
        updatedAt: isoNow(),
      };
      endStage(ended, isoNow());
      await store.put(ended);
      return ended;
    },

    forget: (id) => store.remove(id),

    close() {
      for (const running of live.values()) running.abort.abort(CLOSED);
    },
  };
}

/** `kind`, and the machine where the id names one. Machine ids hold no underscore. */
export function parseOperationId(id: string): { kind: string; machineId: string | undefined } | undefined {
  const match = /^([a-z]+)_(?:([A-Za-z0-9-]{1,64})_)?[0-9a-f]{16}$/.exec(id);
  return match?.[1] === undefined ? undefined : { kind: match[1], machineId: match[2] };
}

function operationId(kind: string, machineId: string | undefined): string {
  const random = randomBytes(8).toString('hex');
  return machineId === undefined ? `${kind}_${random}` : `${kind}_${machineId}_${random}`;
}

function endStage(record: OperationRecord, at: string): void {
  const last = record.stages.at(-1);
  if (last && last.endedAt === undefined) last.endedAt = at;
}

async function waitFor(clock: Clock, running: Running, options: AwaitOptions): Promise<void> {
  const { signal, onProgress } = options;
  const tell = () => onProgress?.(progressOf(running, clock.now()));
  running.listeners.add(tell);
  const enough = new AbortController();
  try {
    tell();
    const beat = heartbeat(clock, options.waitMs, enough.signal, tell);
    await unlessAborted(Promise.race([running.finished, beat]), signal);
  } finally {
    enough.abort();
    running.listeners.delete(tell);
  }
}

/** Resolves when the wait is over, telling at every beat before that. */
async function heartbeat(clock: Clock, waitMs: number, signal: AbortSignal, tell: () => void): Promise<void> {
  try {
    for (let left = waitMs; left > 0; left -= HEARTBEAT_MS) {
      await clock.sleep(Math.min(left, HEARTBEAT_MS), signal);
      tell();
    }
  } catch {
    // The operation ended first.
  }
}

function progressOf(running: Running, now: number): Progress {
  const { record } = running;
  return {
    stage: record.stages.at(-1)?.name ?? 'starting',
    message: running.message,
    elapsedSeconds: Math.floor((now - Date.parse(record.createdAt)) / 1000),
    step: record.stages.length,
  };
}
