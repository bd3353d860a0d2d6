/** One operation at work in this process: what its kind may do to it, and how every change reaches record and callers. */
import type { Clock } from '../core/clock.ts';
import { told } from '../core/defect.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { computerFault, isFolderFault } from '../core/state-folder.ts';
import type { OperationHandle, OperationKind } from './ports.ts';
import { type OperationRecord, storeError } from './record.ts';
import type { OperationStore } from './store.ts';

export interface Running {
  record: OperationRecord;
  partial: string | undefined;
  message: string | undefined;
  listeners: Set<() => void>;
  /** How many of them show somebody what they hear. */
  watchers: number;
  abort: AbortController;
  finished: Promise<void>;
  /** It has ended, and that could not be written. */
  unkept: boolean;
}

/** Why this process stops working on an operation. */
export const CLOSED = new AppError('cancelled', 'The server is ending');
export const STOPPED = new AppError('cancelled', 'The operation was cancelled');
/**
 * details.reason of an error by which a kind says that this process lacks what the work needs: it is told to whoever
 * waits here, and the operation goes on where it was begun.
 */
export const NOT_HERE = 'not_here';
const ENDED_ELSEWHERE = new AppError('cancelled', 'Another process has ended this operation');

export function startRunning(
  record: OperationRecord,
  kind: OperationKind,
  store: OperationStore,
  clock: Clock,
  log: Log,
): Running {
  const running: Running = {
    record: structuredClone(record),
    partial: undefined,
    message: undefined,
    listeners: new Set(),
    watchers: 0,
    abort: new AbortController(),
    finished: Promise.resolve(),
    unkept: false,
  };
  // What this process does with it is told in its own words.
  delete running.record.foreign;
  running.finished = drive(running, kind, store, clock, log);
  running.finished.catch((error: unknown) => {
    // A waiting call reports it; without one, nobody else would.
    if (running.listeners.size === 0) told(error, 'operation', log);
  });
  return running;
}

export function endStage(record: OperationRecord, at: string): void {
  const last = record.stages.at(-1);
  if (last && last.endedAt === undefined) last.endedAt = at;
}

async function drive(
  running: Running,
  kind: OperationKind,
  store: OperationStore,
  clock: Clock,
  log: Log,
): Promise<void> {
  const { record, abort } = running;
  try {
    record.result = await kind.run(handleFor(running, store, clock));
    record.status = 'done';
  } catch (error) {
    if (abort.signal.reason === CLOSED) return;
    if (isAppError(error) && error.details.reason === NOT_HERE) throw error;
    const fault = computerFault(error);
    if (isFolderFault(fault)) throw goesOn(record.id, fault);
    if (abort.signal.reason !== ENDED_ELSEWHERE) failWith(running, error, log);
  }
  // Whoever asks before the end is written down is told the time that it took, too.
  record.updatedAt = new Date(clock.now()).toISOString();
  endStage(record, record.updatedAt);
  await keepEnd(running, store, clock);
}

/** What could not be written down was not done: whoever asks again, here or later, goes on with it. */
function goesOn(id: string, fault: AppError): AppError {
  return new AppError('unavailable', `${fault.message}; operation ${id} goes on once it can be`, {
    next: `Put that right, then call get_operation with operation_id "${id}"; do not repeat the call that began it.`,
    details: fault.details,
    cause: fault,
  });
}

/**
 * Writes the end of an operation. Where the folder does not take it, callers get the result all the same.
 * @returns whether it is kept.
 */
export async function keepEnd(running: Running, store: OperationStore, clock: Clock): Promise<boolean> {
  const { record } = running;
  record.notes = record.notes.filter((note) => !note.endsWith(ONLY_HERE));
  try {
    await persist(running, store, clock);
  } catch (error) {
    if (isFolderFault(error)) {
      running.unkept = true;
      record.notes = [...record.notes, `${error.message}; ${ONLY_HERE}`];
      tellListeners(running);
      return false;
    }
    if (error !== ENDED_ELSEWHERE) throw error;
    running.record = (await store.get(record.id)) ?? record;
    tellListeners(running);
  }
  running.unkept = false;
  return true;
}

const ONLY_HERE = 'this result is held only while this server runs, so keep it.';

function failWith({ record, abort }: Running, error: unknown, log: Log): void {
  const stopped = abort.signal.reason === STOPPED;
  record.status = stopped ? 'cancelled' : 'failed';
  // Whoever stopped it has yet to remove what it made, and may die before that.
  if (stopped) record.unsettled = true;
  record.error = storeError(told(error, 'operation', log));
}

/** Two processes may be at the same operation: the first end counts, and the other one stops at its next step. */
async function persist(running: Running, store: OperationStore, clock: Clock): Promise<void> {
  const { record } = running;
  await store.changing(record.id, async () => {
    const stored = await store.get(record.id);
    if (stored && stored.status !== 'running') {
      running.abort.abort(ENDED_ELSEWHERE);
      throw ENDED_ELSEWHERE;
    }
    record.updatedAt = new Date(clock.now()).toISOString();
    await store.put(record);
  });
  tellListeners(running);
}

function tellListeners(running: Running): void {
  for (const listener of running.listeners) listener();
}

function handleFor(running: Running, store: OperationStore, clock: Clock): OperationHandle {
  const { record } = running;
  const keep = () => persist(running, store, clock);
  const keepIfPossible = () =>
    keep().catch((error: unknown) => {
      if (!isFolderFault(error)) throw error;
      tellListeners(running);
    });
  return {
    id: record.id,
    record,
    signal: running.abort.signal,
    async stage(name, begunMsAgo = 0) {
      const last = record.stages.at(-1);
      if (last?.name === name && last.endedAt === undefined) return;
      running.message = undefined;
      const now = clock.now();
      const at = new Date(
        Math.max(now - begunMsAgo, Date.parse(last?.endedAt ?? last?.startedAt ?? record.createdAt)),
      ).toISOString();
      endStage(record, at);
      record.stages.push({ name, startedAt: at });
      await keep();
    },
    tell(message) {
      if (running.message === message) return;
      running.message = message;
      tellListeners(running);
    },
    async note(sentence) {
      if (record.notes.includes(sentence)) return;
      record.notes.push(sentence);
      await keepIfPossible();
    },
    async drop(field) {
      delete record.state[field];
      await keepIfPossible();
    },
    async save(state) {
      Object.assign(record.state, state);
      await keep();
    },
    async onMachine(machineId, state = {}) {
      if (machineId === undefined) delete record.machineId;
      else record.machineId = machineId;
      Object.assign(record.state, state);
      await keep();
    },
    partial(text) {
      running.partial = text;
      tellListeners(running);
    },
    watched: () => running.watchers > 0,
  };
}
