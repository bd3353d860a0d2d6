/** Our sentence, and the next step, for every code with which a machine script can fail. */
import { AppError, type ErrorCode } from '../core/errors.ts';
import { tail } from '../core/text.ts';

const MAX_FOREIGN = 6_000;

interface Explanation {
  kind: ErrorCode;
  message: string;
  next: string;
}

const RETRY = 'Repeat the call; it goes on where it stopped.';

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  no_home: {
    kind: 'machine_failed',
    message: 'The machine has no home folder that can be written to',
    next: 'Destroy the machine and deploy a new one.',
  },
  locked: {
    kind: 'unavailable',
    message: 'Another command on the machine is doing the same work and has not finished',
    next: 'Wait half a minute and repeat the call.',
  },
  input_missing: { kind: 'internal', message: 'A script on the machine did not get its input', next: RETRY },
  input_damaged: {
    kind: 'unavailable',
    message: 'The input of a script was damaged on its way to the machine',
    next: RETRY,
  },
  bad_job_id: {
    kind: 'invalid_input',
    message: 'This is not the id of an operation on the machine',
    next: 'Pass the operation_id exactly as it was returned.',
  },
};

/** @param foreign what a program on the machine said about it. */
export function explainScriptError(code: string, foreign: string): AppError {
  const known = EXPLANATIONS[code];
  return new AppError(
    known?.kind ?? 'command_failed',
    known?.message ?? `A step on the machine failed (${/^[a-z_]{1,40}$/.test(code) ? code : 'unknown'})`,
    {
      next: known?.next ?? 'Call gateway_status to see what the machine can do, then repeat the call.',
      details: { script_error: code.slice(0, 40) },
      ...(foreign.trim() === '' ? {} : { foreign: tail(foreign.trim(), MAX_FOREIGN) }),
    },
  );
}
