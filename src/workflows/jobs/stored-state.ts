/** Reads what an operation's record holds back into types; a record is a file, and files can be damaged. */
import type * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../operations/record.ts';

/** @throws AppError `conflict` when a record does not hold what its kind wrote there. */
export function parseStored<T extends z.ZodType>(schema: T, stored: JsonObject): z.output<T> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new AppError('conflict', 'The record of this operation is damaged, so it cannot go on', {
    next: 'Call gateway_status to see how things stand, and begin again what is still wanted.',
    cause: parsed.error,
  });
}
