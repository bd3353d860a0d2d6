/** What replaces an assistant's settings, state or version goes alone: two at once would undo each other's work. */
import { AppError } from '../../core/errors.ts';
import type { OperationRecord } from '../../operations/record.ts';
import { machineOf } from '../look/directory.ts';

const CONFIGURE = { configure: 'a change of settings' };
const UPGRADE = { upgrade: 'an upgrade' };
const RESTORE = { restore: 'a restore' };
const BACKUP = { backup: 'a backup' };
const DEPLOY = { deploy: 'a deploy' };
const REPAIR = { repair: 'a repair' };

// By the kinds' names: those that run, and must have ended before one begins.
const NOT_BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  configure: { configure: 'another change', ...UPGRADE, ...RESTORE, ...DEPLOY, ...REPAIR },
  upgrade: { ...CONFIGURE, ...RESTORE, ...BACKUP, ...DEPLOY, ...REPAIR },
  restore: { ...CONFIGURE, ...UPGRADE, ...BACKUP, ...DEPLOY, ...REPAIR },
  // Half of a state that is being replaced is no backup.
  backup: { ...UPGRADE, ...RESTORE },
  deploy: { ...CONFIGURE, ...UPGRADE, ...RESTORE, ...REPAIR },
  repair: { ...CONFIGURE, ...UPGRADE, ...RESTORE, ...DEPLOY },
  // What is at work wakes its machine again. A deploy is left out: one that nobody goes on with must not cost compute.
  sleep: { ...CONFIGURE, ...UPGRADE, ...RESTORE, ...BACKUP },
};

/**
 * @returns what throws AppError `conflict` while something runs on the machine that `kind` must not run beside; undefined
 * for a kind that may run beside anything.
 */
export function goesAlone(
  kind: string,
  machineId: string,
): ((running: readonly OperationRecord[]) => void) | undefined {
  const others = NOT_BESIDE[kind];
  if (others === undefined) return undefined;
  return (running) => {
    const other = running.find(
      (record) => record.kind in others && machineAt(record) === machineId && !onlyLooks(record),
    );
    if (!other) return;
    throw new AppError(
      'conflict',
      `Nothing was changed: ${others[other.kind] ?? 'a change'} of this machine is not finished`,
      { next: `Call get_operation with operation_id "${other.id}", then this again.` },
    );
  };
}

/** A deploy has made its own machine, or was given one. */
function machineAt(record: OperationRecord): unknown {
  return record.kind in DEPLOY ? machineOf(record) : record.input.machineId;
}

/** configure_openclaw without a wish. */
export function onlyLooks({ kind, input }: Pick<OperationRecord, 'kind' | 'input'>): boolean {
  return kind === 'configure' && Object.keys(input).length === 1;
}
