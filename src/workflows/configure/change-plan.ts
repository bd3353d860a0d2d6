/**
 * Plans a change of settings with this server's keys. One that another server has planned before, with a key that this
 * one lacks, is not failed here: it waits for the server that has the key.
 */
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import type { ChangePlan } from '../../openclaw/configure/plan.ts';
import { KEY_MISSING } from '../../openclaw/configure/wished-keys.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { NOT_HERE } from '../../operations/running.ts';
import { parseStored } from '../jobs/stored-state.ts';

const planState = z.object({ planned: z.boolean().default(false) });

/**
 * @param plan makes the plan from this server's keys.
 * @throws what `plan` throws; an error with the reason NOT_HERE where only the keys are missing, and were there before.
 */
export async function planned(operation: OperationHandle, plan: () => ChangePlan): Promise<ChangePlan> {
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
