/** Which records of operations nobody needs any more. */
import type { OperationRecord } from '../../operations/record.ts';
import { DEPLOY } from '../deploy/deploy.ts';
import { DESTROY } from '../destroy/destroy.ts';

// A reply is fetched within minutes, or some days later by a person who was away.
const KEPT_MS = 7 * 24 * 3_600_000;
// Whoever begins a thousand turns a day does not come back to the first of them.
const KEPT = 500;

/**
 * Records that ended more than a week ago, or have 500 newer ones. The newest deploy of each machine stays as long as the
 * machine is not known to be destroyed: it carries the machine's name.
 * @param records newest first.
 */
export function expired(records: readonly OperationRecord[], now: number): OperationRecord[] {
  const gone = new Set(
    records.filter((r) => r.kind === DESTROY && r.status === 'done').map((record) => record.key),
  );
  const named = new Set<string>();
  return records.filter((record, newer) => {
    const machineId = record.kind === DEPLOY ? record.machineId : undefined;
    const carriesName = machineId !== undefined && !named.has(machineId) && !gone.has(machineId);
    if (machineId !== undefined) named.add(machineId);
    if (record.status === 'running' || record.unsettled || carriesName) return false;
    return newer >= KEPT || now - Date.parse(record.updatedAt) > KEPT_MS;
  });
}
