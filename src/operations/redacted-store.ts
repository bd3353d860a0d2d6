/** Keeps secrets out of the records on disk: what strangers said and what went wrong is redacted before it is written. */
import { type Redact, redactDeep } from '../core/redact.ts';
import type { OperationRecord } from './record.ts';
import type { OperationStore } from './store.ts';

/**
 * `input` and `state` are left alone: the work goes on from them, a user's message byte for byte, and they hold nothing
 * that a stranger wrote.
 */
export function redactedStore(store: OperationStore, redact: Redact): OperationStore {
  return {
    ...store,
    put(record) {
      const { notes, result, error } = record;
      return store.put({ ...record, ...redacted<Partial<OperationRecord>>(redact, { notes, result, error }) });
    },
  };
}

function redacted<T extends object>(redact: Redact, fields: T): T {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.assign({ ...fields }, redactDeep(redact, Object.fromEntries(present)));
}
