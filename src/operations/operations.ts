/** Long work that outlives a call, a client and this process: started once, joined by key, awaited by id. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type Log, silentLog } from '../core/log.ts';
import type { Expired, OperationKind, Operations, Recovered, StartRequest } from './ports.ts';
import { type OperationRecord, operationId, parseOperationId } from './record.ts';
import { CLOSED, endStage, keepEnd, type Running, STOPPED, startRunning } from './running.ts';
import type { OperationStore } from './store.ts';
import { waitFor } from './waiting.ts';

// To find what is expired, every record is read, so it is not looked for each time that work begins.
const TIDY_MS = 24 * 3_600_000;
// Looked for sooner where very many have ended; a hundred more than are kept, so that this stays rare.
const TIDY_ABOVE = 600;

/**
 * @param kinds the work behind each kind name.
 * @param expired which records are forgotten, once a day or after many, when new work begins; none when undefined.
 * @param log takes the stack of a defect that stops an operation.
 */
export function operations(
  store: OperationStore,
  clock: Clock,
  kinds: Readonly<Record<string, OperationKind>>,
  expired: Expired = () => [],
  log: Log = silentLog,
): Operations {
  const live = new Map<string, Running>();
  const isoNow = () => new Date(clock.now()).toISOString();

  const kindOf = (name: string): OperationKind => {
    const kind = kinds[name];
    if (!kind) throw new AppError('not_found', `There is no kind of operation called ${name}`);
    return kind;
  };

  function run(record: OperationRecord): Running {
    const already = live.get(record.id);
    if (already) return already;
    const running = startRunning(record, kindOf(record.kind), store, clock, log);
    live.set(record.id, running);
    const over = () => {
      // An end that could not be written is only here.
      if (!running.unkept) live.delete(record.id);
    };
    running.finished.then(over, over);
    return running;
  }

  /** Writes the end that could not be written before, where that is possible by now. */
  async function keepAgain(id: string): Promise<void> {
    const running = live.get(id);
    if (running?.unkept && (await keepEnd(running, store, clock))) live.delete(id);
  }

  async function find(id: string): Promise<OperationRecord> {
    await keepAgain(id);
    const record = live.get(id)?.record ?? (await store.get(id)) ?? (await recover(id));
    if (record) return record;
    throw new AppError('not_found', 'There is no operation with this id', {
      next: 'Call get_operation without an id to list what is in flight.',
    });
  }

  async function recover(id: string): Promise<OperationRecord | undefined> {
    const parsed = parseOperationId(id);
    const found = parsed && (await kinds[parsed.kind]?.recover?.(id, parsed.machineId));
    if (!found) return undefined;
    const record = recoveredRecord(id, parsed.kind, { machineId: parsed.machineId, ...found }, isoNow());
    await store.put(record);
    return record;
  }

  /** The record as it is once the work is stopped and undone; one that has ended otherwise, as it is. */
  async function markCancelled(id: string, known: OperationRecord): Promise<OperationRecord> {
    const { unsettled: _, ...last } = (await store.get(id)) ?? known;
    if (last.status !== 'running' && last.status !== 'cancelled') return last;
    const ended: OperationRecord = { ...last, status: 'cancelled', updatedAt: isoNow() };
    endStage(ended, isoNow());
    // Written before the work is stopped: another process that is at it stops instead of repairing what we end.
    await store.put({ ...ended, unsettled: true });
    return ended;
  }

  async function everything(about?: (id: string) => boolean): Promise<OperationRecord[]> {
    const records = [
      ...(await store.open()).filter(({ id }) => about?.(id) ?? true),
      ...(await store.ended({ about })),
    ];
    return records.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** Leaves no trace of a failure: old records are a matter of tidiness, new work is not. */
  async function forgetExpired(): Promise<void> {
    if (!(await store.dueForTidying(TIDY_MS, TIDY_ABOVE))) return;
    const old = expired(await everything(), clock.now());
    await Promise.allSettled(old.map(({ id }) => store.remove(id)));
  }

  return {
    start: (request) =>
      store.exclusive(async () => {
        const { kind, key } = request;
        kindOf(kind).check?.(request);
        for (const id of live.keys()) await keepAgain(id);
        const running = (await store.open()).filter(({ status }) => status === 'running');
        const same = running.find((r) => r.kind === kind && r.key === key);
        if (same) return same;
        refuseBeside(kinds, request, running);
        request.onBegin?.();
        const record = newRecord(request, isoNow());
        await store.put(record);
        await forgetExpired().catch(() => {});
        return record;
      }),

    async await(id, options) {
      const record = await find(id);
      if (record.status !== 'running') return { record, partial: undefined };
      const running = run(record);
      await waitFor(clock, running, options);
      return { record: running.record, partial: running.partial };
    },

    async list(which, about) {
      if (which === 'all') return everything(about);
      return (await store.open()).filter(({ id, status }) => status === 'running' && (about?.(id) ?? true));
    },

    endedSince: (since) => store.ended({ since }),

    async cancel(id) {
      const record = await find(id);
      if (record.status !== 'running' && !record.unsettled) return record;
      const kind = kindOf(record.kind);
      if (!kind.cancel) {
        throw new AppError('unsupported', `A ${record.kind} operation cannot be cancelled once it runs`, {
          next: `Wait for it with get_operation, operation_id "${id}".`,
        });
      }
      const running = live.get(id);
      running?.abort.abort(STOPPED);
      await running?.finished;
      const ended = await store.changing(id, () => markCancelled(id, record));
      if (ended.status !== 'cancelled') return ended;
      const stays = await kind.cancel(ended);
      if (stays !== undefined && !ended.notes.includes(stays)) ended.notes.push(stays);
      await store.put(ended);
      return ended;
    },

    forget: (id) => store.remove(id),

    close() {
      for (const running of live.values()) running.abort.abort(CLOSED);
    },
  };
}

function newRecord({ kind, key, machineId, input, state = {} }: StartRequest, now: string): OperationRecord {
  return {
    id: operationId(kind, machineId),
    kind,
    key,
    ...(machineId !== undefined && { machineId }),
    status: 'running',
    createdAt: now,
    updatedAt: now,
    stages: [],
    notes: [],
    input,
    state,
  };
}

function recoveredRecord(
  id: string,
  kind: string,
  found: Omit<Recovered, 'machineId'> & { machineId?: string | undefined },
  now: string,
): OperationRecord {
  const { result } = found;
  return {
    ...newRecord({ ...found, kind }, now),
    id,
    status: result === undefined ? 'running' : 'done',
    notes: ['The record of this operation was lost; this is what its machine tells.'],
    ...(result !== undefined && { result }),
  };
}

/**
 * Two that change one machine at once would undo each other's work.
 * @throws AppError `conflict` while something runs on the machine of `request` that its kind must not run beside.
 */
export function refuseBeside(
  kinds: Readonly<Record<string, OperationKind>>,
  { kind, machineId, input }: StartRequest,
  running: readonly OperationRecord[],
): void {
  const { notBeside = [], onlyLooks } = kinds[kind] ?? {};
  if (machineId === undefined || onlyLooks?.(input)) return;
  const other = running.find(
    (record) =>
      notBeside.includes(record.kind) &&
      record.machineId === machineId &&
      !kinds[record.kind]?.onlyLooks?.(record.input),
  );
  if (!other) return;
  const noun = kinds[other.kind]?.noun ?? 'a change';
  const said = other.kind === kind ? noun.replace(/^an? /, 'another ') : noun;
  throw new AppError('conflict', `Nothing was changed: ${said} of this machine is not finished`, {
    next: `Call get_operation with operation_id "${other.id}", then this again.`,
  });
}
