/** Work whose record is lost, told by the job that its machine keeps under the operation's id: watched, never begun. */
import { AppError } from '../../core/errors.ts';
import { type ConfigureService, changeOutcome } from '../../openclaw/configure/configure.ts';
import { presentModel } from '../../openclaw/configure/plan.ts';
import type { JobSnapshot, OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle, Recovered } from '../../operations/ports.ts';
import { asJson, type JsonObject } from '../../operations/record.ts';
import type { LookDeps } from '../deploy/recover.ts';
import { requireRunning } from '../power/machine-phase.ts';
import { followJob } from './follow.ts';

/**
 * The operation as far as its machine tells it. Looking does not wake the machine.
 * @param again what to call where the machine tells nothing, as one sentence.
 * @throws AppError `not_found` when the machine has no job of this id, `conflict` when it is not awake.
 */
export async function recoverJob(
  { machines, openclaw }: LookDeps,
  id: string,
  machineId: string | undefined,
  again: string,
): Promise<Recovered | undefined> {
  if (machineId === undefined) return undefined;
  await requireRunning(machines, machineId, {});
  const { state } = await openclaw.readJob(machineId, id, { waitSeconds: 0 });
  if (state === 'unknown') {
    throw new AppError('not_found', 'There is no record of this operation, and no trace on its machine', {
      next: again,
    });
  }
  // The key of a new call for this machine: it joins what still runs.
  return { key: machineId, input: { machineId }, state: { recovered: true } };
}

/** Resolves when a recovered job is done. @throws AppError with which it failed. */
export async function recoveredJob(
  operation: OperationHandle,
  openclaw: OpenClawService,
  machineId: string,
  again: string,
): Promise<JobSnapshot> {
  const job = await followJob(operation, openclaw, machineId);
  if (job.state === 'done') return job;
  if (job.error) throw job.error;
  throw new AppError(
    'machine_failed',
    'The machine stopped in the middle of this, and what was asked for is no longer known',
    { next: again },
  );
}

/** As far as a change of settings can be told by its machine. */
export async function recoveredChange(
  operation: OperationHandle,
  deps: { openclaw: OpenClawService; configure: Pick<ConfigureService, 'show'> },
  machineId: string,
  again: string,
): Promise<JsonObject> {
  const job = await recoveredJob(operation, deps.openclaw, machineId, again);
  const { applied } = changeOutcome(job.result);
  const shown = await deps.configure.show(machineId, operation);
  await operation.note('Whether the call asked for more than settings is no longer known.');
  return asJson({
    machine_id: machineId,
    applied,
    model: presentModel(shown),
    openclaw_version: shown.openclawVersion,
  });
}
