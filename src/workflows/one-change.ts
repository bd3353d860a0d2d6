/** What replaces an assistant's settings, state or version goes alone: two at once would undo each other's work. */
import { AppError } from '../core/errors.ts';
import type { OperationRecord } from '../operations/record.ts';

// By the kinds' names: those that run, and must have ended before one begins.
const NOT_BESIDE = {
  configure: { configure: 'another change', upgrade: 'an upgrade', restore: 'a restore' },
  upgrade: { configure: 'a change of settings', restore: 'a restore', backup: 'a backup' },
  restore: { configure: 'a change of settings', upgrade: 'an upgrade', backup: 'a backup' },
  // Half of a state that is being replaced is no backup.
  backup: { upgrade: 'an upgrade', restore: 'a restore' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** @returns what throws AppError `conflict` while something runs on the machine that `kind` must not run beside. */
export function goesAlone(
  kind: keyof typeof NOT_BESIDE,
  machineId: string,
): (running: readonly OperationRecord[]) => void {
  const others: Readonly<Record<string, string>> = NOT_BESIDE[kind];
  return (running) => {
    const other = running.find(
      (record) => record.input.machineId === machineId && record.kind in others && !onlyLooks(record),
    );
    if (!other) return;
    throw new AppError(
      'conflict',
      `Nothing was changed: ${others[other.kind] ?? 'a change'} of this machine is not finished`,
      { next: `Call get_operation with operation_id "${other.id}", then this again.` },
    );
  };
}

/** configure_openclaw without a wish. */
function onlyLooks({ kind, input }: OperationRecord): boolean {
  return kind === 'configure' && Object.keys(input).length === 1;
}
