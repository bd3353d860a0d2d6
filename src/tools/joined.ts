/** Work that runs already is joined by a call that means the same, and by no other. */
import { AppError } from '../core/errors.ts';
import type { JsonObject, OperationRecord } from '../operations/record.ts';

/**
 * `record`, where its input is what was asked for.
 * @param asked only what a caller named; undefined ones do not count.
 * @param what in our words, for the refusal: "an upgrade to another version".
 * @throws AppError `conflict` for a running operation that another call began with another wish.
 */
export function joined(
  record: OperationRecord,
  asked: { [K in keyof JsonObject]?: JsonObject[K] | undefined },
  what: string,
): OperationRecord {
  const same = Object.entries(asked).every(
    ([name, wish]) => wish === undefined || record.input[name] === wish,
  );
  if (same) return record;
  throw new AppError('conflict', `Nothing was begun: ${what} is running on this machine`, {
    next: `Call get_operation with operation_id "${record.id}", then this again.`,
  });
}
