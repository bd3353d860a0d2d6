/** What the platform means when it does not run a command: not yet, not on this machine any more, or not ever. */

import type { WaitOptions } from '../core/abort.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { head } from '../core/text.ts';
import type { DedalusApi, Execution } from '../dedalus/api.ts';
import { throwIfTrouble, vanished } from './phases.ts';

/** A command that the platform did not run to its end, and gave no exit code for. */
export interface Refusal {
  /** The platform's code where it is a plain token; else `unknown`. */
  platformCode: string;
  /** Certain that not one instruction of the command ran. */
  neverStarted: boolean;
  /** What the platform wrote. */
  text: string | undefined;
}

// Refused before anything was started in the guest. Measured on the real platform, mostly right after a create.
const NEVER_STARTED = new Set([
  'machine_not_found',
  'machine_not_routable',
  'execution_runner_prepare_failed',
]);
const FOREIGN_CHARS = 2_000;
const SAFE_TOKEN = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

/** Reads a terminal execution without exit code. */
export function refusalOf(execution: Execution): Refusal {
  const code = execution.errorCode ?? '';
  return {
    platformCode: SAFE_TOKEN.test(code) ? code : 'unknown',
    // The host agent also reports commands that broke half-way; only a rejected init never ran.
    neverStarted: NEVER_STARTED.has(code) || /exec_init_rejected/.test(execution.errorMessage ?? ''),
    text: execution.errorMessage,
  };
}

/** The API refused to take the command in the machine's present state. */
export function busyRefusal(error: AppError): Refusal {
  return { platformCode: 'machine_busy', neverStarted: true, text: error.foreign };
}

/** The API took the command and then forgot it. */
export const lostRefusal: Refusal = {
  platformCode: 'execution_not_found',
  neverStarted: false,
  text: undefined,
};

/** The error when a refusal is final. */
export function refusedError(machineId: string, refusal: Refusal): AppError {
  return new AppError('machine_failed', 'The platform did not run the command on the machine', {
    next: 'Call gateway_status to see how the machine is, then try again.',
    ...(refusal.text === undefined ? {} : { foreign: head(refusal.text, FOREIGN_CHARS) }),
    details: {
      machine_id: machineId,
      reason: 'command_refused',
      platform_code: refusal.platformCode,
      never_started: refusal.neverStarted,
      replaceable: false,
    },
  });
}

/** After a refusal: throws when the machine is gone or has failed, so that nobody tries again in vain. */
export async function throwIfMachineIsLost(
  api: DedalusApi,
  machineId: string,
  options: WaitOptions,
): Promise<void> {
  try {
    throwIfTrouble(await api.getMachine(machineId, { signal: options.signal }));
  } catch (error) {
    throw isAppError(error, 'not_found') ? vanished(machineId) : error;
  }
}
