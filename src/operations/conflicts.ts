/** What replaces an assistant's settings, state or version goes alone: two at once would undo each other's work. */
import { AppError } from '../core/errors.ts';
import type { OperationKind, StartRequest } from './ports.ts';
import type { OperationRecord } from './record.ts';

/** @throws AppError `conflict` while something runs on the machine of `request` that its kind must not run beside. */
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
