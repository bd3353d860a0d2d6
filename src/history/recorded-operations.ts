/** Long work in the log of calls: who began it, and how it ended, whichever server brought it there. */
import type { Log } from '../core/log.ts';
import type { Redact } from '../core/redact.ts';
import type { Operations, StartRequest } from '../operations/ports.ts';
import { type OperationRecord, parseOperationId } from '../operations/record.ts';
import type { OperationStore } from '../operations/store.ts';
import type { History } from './history.ts';
import { type Ending, type Entry, withEnd } from './line.ts';
import type { RecordedCall } from './recorded-call.ts';

/** The operations as one call sees them: what it begins or cancels is that call's. */
export function operationsOf(
  operations: Operations,
  call: RecordedCall,
  onlyLooks: (request: StartRequest) => boolean,
): Operations {
  return {
    ...operations,
    async start(request) {
      if (onlyLooks(request)) return operations.start(request);
      let isNew = false;
      const onBegin = () => {
        isNew = true;
      };
      await call.begin(request.machineId);
      try {
        const record = await operations.start({ ...request, onBegin });
        if (isNew) await call.goesOnAs(record.id);
        return record;
      } finally {
        if (!isNew) await call.changedNothing();
      }
    },
    async cancel(id) {
      const [known] = await operations.list('all', (one) => one === id);
      const over = known !== undefined && known.status !== 'running' && !known.unsettled;
      if (!over) await call.begin(known?.machineId ?? parseOperationId(id)?.machineId);
      return operations.cancel(id);
    },
  };
}

/** The store, which writes into the log what has ended. What the log does not take ends no work. */
export function recordedStore(
  store: OperationStore,
  history: History,
  log: Log,
  redact: Redact,
): OperationStore {
  return {
    ...store,
    async put(record) {
      await store.put(record);
      const ended = endingOf(record, redact);
      if (ended === undefined) return;
      await history
        .append({ is: 'operation_ended', operation: record.id, ...ended })
        .catch((error: unknown) =>
          log.warn('the end of an operation is not in the history', { reason: `${error}` }),
        );
    },
  };
}

/** The entries, with the ends of operations that a killed server had no time to write, as their records tell them. */
export async function withEnds(entries: readonly Entry[], operations: Operations): Promise<Entry[]> {
  const open = new Set(entries.flatMap(({ ended, operation }) => (ended ? [] : [operation])));
  if (!entries.some(({ ended, operation }) => operation !== undefined && !ended)) return [...entries];
  const records = await operations.list('all', (id) => open.has(id));
  const ends = new Map(records.map((record) => [record.id, endingOf(record, (text) => text)]));
  return entries.map((entry) => withEnd(entry, ends.get(entry.operation ?? '') ?? entry.ended));
}

const MAX_ERROR_CHARS = 500;

function endingOf(record: OperationRecord, redact: Redact): Ending | undefined {
  const { status, unsettled, updatedAt, error, machineId } = record;
  if (status === 'running' || unsettled) return undefined;
  return {
    at: updatedAt,
    status,
    ...(machineId !== undefined && { machine: machineId.slice(0, 64) }),
    ...(error !== undefined && { error: redact(error.message).slice(0, MAX_ERROR_CHARS) }),
  };
}
