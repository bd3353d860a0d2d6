/** What a job says when it has undone what it could not bring to its end. */
import { AppError } from '../../core/errors.ts';
import { explainMachineError } from './machine-errors.ts';

/**
 * @param result of the job: `cause`, `detail`, and `before_fails` when the gateway of before does not start either.
 * @param failed what did not work, in our words.
 * @param restored how things are again; `broken` when they are not well.
 */
export function undone(
  result: Readonly<Record<string, string>>,
  failed: string,
  restored: string,
  broken: string,
): AppError {
  const why = explainMachineError(result.cause ?? '', result.detail ?? '');
  const foreign = why.foreign === undefined ? {} : { foreign: why.foreign };
  const details = { ...why.details, rolled_back: true };
  if (result.before_fails === undefined) {
    return new AppError('command_failed', `${failed}; ${restored}. The reason: ${why.message}`, {
      next: 'Read what it printed below; mend the cause before you repeat the call. Nothing is lost.',
      details,
      ...foreign,
    });
  }
  const now = explainMachineError(result.before_fails, '');
  return new AppError('command_failed', `${failed} (${why.message}); ${broken}: ${now.message}`, {
    next: 'Read what it printed below, then call gateway_status. Nothing is lost.',
    details,
    ...foreign,
  });
}
