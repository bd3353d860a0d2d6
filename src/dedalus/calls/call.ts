/** One call of the API: sent by the retry policy, read by its schema, refused in our words. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import { readRefusal, refusesField } from '../envelopes.ts';
import { oddAnswerError, refusalError, type Subject } from '../errors.ts';
import { type RetryPolicy, withRetries } from '../retry.ts';
import type { Send, WireAnswer, WireRequest } from '../wire.ts';

/** The part of a zod schema that is used here. */
export interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** `subject` says what a 404 means. */
export type Call = <T>(
  request: WireRequest,
  schema: Schema<T>,
  subject: Subject,
  options?: WaitOptions,
) => Promise<T>;

/** details.reason of the refusal by a server that is too old for autosleep. */
export const AUTOSLEEP_UNKNOWN = 'autosleep_unknown';

export const MACHINES = '/v1/machines';

/** Ids are encoded: one that came from outside must not lead to another path. */
export function machinePath(machineId: string): string {
  return `${MACHINES}/${encodeURIComponent(machineId)}`;
}

export function caller(send: Send, policy: RetryPolicy): Call {
  return (request, schema, subject, options = {}) =>
    withRetries(policy, options.signal, async (signal) => read(await send(request, signal), schema, subject));
}

function read<T>(answer: WireAnswer, schema: Schema<T>, subject: Subject): T {
  if (answer.status >= 400) {
    const refusal = readRefusal(answer);
    const error = refusalError(refusal, subject);
    throw refusesField(refusal, 'autosleep') ? autosleepUnknown(error) : error;
  }
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) throw oddAnswerError(answer.status);
  return parsed.data;
}

function autosleepUnknown({ foreign, details }: AppError): AppError {
  return new AppError('invalid_input', 'This Dedalus API does not know autosleep', {
    next: 'Leave autosleep out.',
    foreign,
    details: { ...details, reason: AUTOSLEEP_UNKNOWN },
  });
}
