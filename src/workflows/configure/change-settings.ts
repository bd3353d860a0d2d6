/** Writes the wished settings to the machine through one job there, planned with the keys that this server holds. */
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import {
  COMMENTS_NOTE,
  type ConfigureService,
  changeOutcome,
  keptNote,
} from '../../openclaw/configure/configure.ts';
import { type ChangePlan, type ChangeWish, type Keys, planChange } from '../../openclaw/configure/plan.ts';
import { KEY_MISSING } from '../../openclaw/configure/wished-keys.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { type JsonObject, parseStored } from '../../operations/record.ts';
import { NOT_HERE } from '../../operations/running.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { wakeMachine } from '../power/wake.ts';
import type { MachineWish } from './machine.ts';

interface SettingsDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  configure: ConfigureService;
  /** What this server's environment holds now; never recorded. */
  keys: Keys;
}

type SettingsWish = ChangeWish & { machineId: string };

/** Whether the settings themselves are to become others. */
export function changesSettings(wish: ChangeWish): boolean {
  const { model, fallbackModels, providerKeys, set, channel, allowedOrigin, limitPlugin } = wish;
  const parts = [model, fallbackModels, providerKeys, set, channel, allowedOrigin, limitPlugin];
  return parts.some((part) => part !== undefined);
}

/** Plans the change, has it made by a job on the machine, and notes what a person should know about it. */
export async function changeSettings(
  operation: OperationHandle,
  deps: SettingsDeps,
  wish: SettingsWish,
): Promise<JsonObject> {
  const { machineId } = wish;
  const present = await deps.configure.show(machineId, operation);
  const plan = await planned(operation, () => planChange(wish, present, deps.keys));
  if (present.comments) await operation.note(COMMENTS_NOTE);
  const job = await lastingJob(operation, deps, machineId, () =>
    deps.configure.startChange(machineId, operation.id, plan, operation),
  );
  const { applied, unchecked, kept_beside: keptBeside } = changeOutcome(job.result);
  if (keptBeside !== undefined) await operation.note(keptNote(keptBeside));
  const known = new Set(plan.checks.map(({ subject }) => subject));
  for (const subject of unchecked.filter((each) => known.has(each))) {
    await operation.note(
      `${subject} could not be asked beforehand, since its side did not answer or was too busy: its key or token is unproved.`,
    );
  }
  if (JSON.stringify(plan.patch.channels ?? {}).includes('"dmPolicy":"open"')) {
    await operation.note(
      'Whoever finds the bot can now command the assistant: "pairing" lets only approved people in.',
    );
  }
  if (!plan.hot) {
    await operation.note('This release applies settings only at a start, so its gateway was started anew.');
  }
  return { applied };
}

/**
 * Refuses impossible settings before the machine gets another size in the same call: it is not to become larger, and
 * dearer, for a call that then fails.
 */
export async function checkBeforeMachine(
  operation: OperationHandle,
  deps: SettingsDeps,
  input: SettingsWish & MachineWish,
): Promise<void> {
  const { machineId, autosleep, vcpu, memoryMib, storageGib } = input;
  const begun = operation.record.stages.length > 0;
  const sized = [autosleep, vcpu, memoryMib, storageGib].some((wish) => wish !== undefined);
  if (begun || !sized || !changesSettings(input)) return;
  await wakeMachine(operation, deps.machines, machineId);
  const present = await deps.configure.show(machineId, operation);
  planChange(input, present, deps.keys);
}

/** Whether an earlier run of this operation, perhaps by another server, had every key that the change needs. */
const planState = z.object({ planned: z.boolean().default(false) });

/**
 * A change that another server began with a key that this one lacks does not fail here: it waits for that server.
 * @param plan makes the plan from this server's keys.
 * @throws what `plan` throws; with the reason NOT_HERE where only keys are missing that were there before.
 */
async function planned(operation: OperationHandle, plan: () => ChangePlan): Promise<ChangePlan> {
  const begun = parseStored(planState, operation.record.state).planned;
  try {
    const made = plan();
    if (!begun) await operation.save({ planned: true });
    return made;
  } catch (error) {
    if (!begun || !isAppError(error) || error.details.reason !== KEY_MISSING) throw error;
    throw new AppError(
      'config',
      'This server lacks a key that the change needs, so it cannot go on with it; the server that began it can',
      {
        next: `Call get_operation in the client that began it. Or here: ${error.next}`,
        details: { reason: NOT_HERE },
      },
    );
  }
}
