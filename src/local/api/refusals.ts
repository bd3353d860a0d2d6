/** Why a command did not run to its end, or a machine ended as failed, in the words that the service uses. */
import type { ExecutionErrorCode } from '../machines/model.ts';

export interface Refusal {
  errorCode: ExecutionErrorCode;
  errorMessage: string;
}

export const TIMED_OUT: Refusal = {
  errorCode: 'execution_timed_out',
  errorMessage: 'execution exceeded timeout_ms',
};

export const NOT_ROUTABLE: Refusal = {
  errorCode: 'machine_not_routable',
  errorMessage: 'machine is not routable for execution',
};

export const INTERRUPTED: Refusal = {
  errorCode: 'host_agent_execute_failed',
  errorMessage: 'the machine stopped while the command was running',
};

export const GONE: Refusal = { errorCode: 'machine_not_found', errorMessage: 'machine no longer exists' };

/** The command could not be started. */
export function initRejected(error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    errorCode: 'host_agent_execute_failed',
    errorMessage: `host agent execute failed: exec_init_rejected: ${reason}`,
  };
}

/** What the service says with each code, for refusals that a test scripts. */
export const REFUSALS = {
  machine_not_found: GONE,
  machine_not_routable: NOT_ROUTABLE,
  host_agent_execute_failed: initRejected('guest agent is not connected'),
} as const;

/** A scripted or real failure that the machine does not leave by itself. */
export class MachineFailure extends Error {
  readonly reason: string;
  readonly retryable: boolean;

  constructor(reason: string, retryable: boolean) {
    super(`machine failed: ${reason}`);
    this.reason = reason;
    this.retryable = retryable;
  }
}
