/** A job on a machine, started again as often as its machine stops under it, up to a bound. */
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { JobSnapshot, OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { followJob } from './follow.ts';

// An autosleep, a host that fails: each time the job goes on where it was. More often than this something else is wrong.
const MAX_STARTS = 4;

/**
 * Resolves when the job is done.
 * @param start starts the job of the operation's id, or joins it.
 * @throws AppError with which the job failed; `machine_failed` when its machine stopped again and again.
 */
export async function lastingJob(
  operation: OperationHandle,
  deps: { machines: MachineService; openclaw: OpenClawService; clock?: Clock | undefined },
  machineId: string,
  start: () => Promise<void>,
): Promise<JobSnapshot> {
  for (let starts = 1; ; starts++) {
    await start();
    const job = await followJob(operation, deps.openclaw, machineId, deps.clock);
    if (job.state === 'done') return job;
    if (job.error) throw job.error;
    if (job.state === 'failed' || starts >= MAX_STARTS) throw givenUp(operation.id);
    operation.tell('the machine was interrupted; going on');
    await deps.machines.waitForGuest(machineId, operation);
  }
}

function givenUp(operationId: string): AppError {
  return new AppError('machine_failed', 'The machine stopped again and again in the middle of this', {
    next: 'Set a longer autosleep and repeat the call: it goes on from what the machine has kept, or undoes it.',
    details: { operation_id: operationId },
  });
}
