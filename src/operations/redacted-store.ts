/** Keeps secrets out of the records on disk: what strangers said and what went wrong is redacted before it is written. */
import { type Redact, redactDeep } from '../core/redact.ts';
import type { OperationRecord } from './record.ts';
import type { OperationStore } from './store.ts';

/**
 * `input` and `state` are left alone: the work goes on from them, a user's message byte for byte, and they hold nothing
 * that a stranger wrote.
 */
export function redactedStore(store: OperationStore, redact: Redact): OperationStore {
  return { ...store, put: (record) => store.put(withoutSecrets(record, redact)) };
}

function withoutSecrets(record: OperationRecord, redact: Redact): OperationRecord {
  const { notes, result, error } = record;
  const said = { notes, ...(result && { result }), ...(error && { error }) };
  return Object.assign({ ...record }, redactDeep(redact, said));
}
