/** The one family of errors that our own code throws; `mcp/explain.ts` alone turns them into sentences. */

/**
 * What kind of thing went wrong. A code is stable, and decides what the user is told to do next.
 * - config: a setting is missing or wrong
 * - invalid_input: a tool argument is wrong; nothing was changed
 * - not_found: no such machine, session or operation
 * - ambiguous: several machines fit and none was named
 * - auth: the API refused the credentials
 * - quota: the account is full; never retried
 * - conflict: the machine's state does not allow this now
 * - unavailable: the API, the machine or the gateway cannot be reached now; trying again may work
 * - timeout: a deadline of ours passed
 * - cancelled: somebody asked for it to stop
 * - machine_failed: the machine ended in a state that it does not leave by itself
 * - command_failed: a command ran on the machine and failed
 * - provider: the model provider refused or failed
 * - unsupported: this API or this OpenClaw version cannot do it
 * - internal: a defect of ours
 */
export const ERROR_CODES = [
  'config',
  'invalid_input',
  'not_found',
  'ambiguous',
  'auth',
  'quota',
  'conflict',
  'unavailable',
  'timeout',
  'cancelled',
  'machine_failed',
  'command_failed',
  'provider',
  'unsupported',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface AppErrorOptions {
  /** The next call or action, as one imperative sentence of ours. */
  next?: string | undefined;
  /** Text that a machine, a model or a server wrote. Shown only fenced, never inside our sentences. */
  foreign?: string | undefined;
  /** Structured facts for code, never for people: ids, phases, platform codes. */
  details?: Readonly<Record<string, string | number | boolean>> | undefined;
  cause?: unknown;
}

/** An expected failure. `message` is our own words: what happened, without secrets or foreign text. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;
  readonly foreign: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.next = options.next;
    this.foreign = options.foreign;
    this.details = options.details ?? {};
  }

  /** The same failure in other words: what is not named stays as it is, and this one is the cause. */
  with({ message = this.message, ...options }: AppErrorOptions & { message?: string }): AppError {
    const { code, next, foreign, details } = this;
    return new AppError(code, message, { next, foreign, details, cause: this, ...options });
  }
}

/** Whether `error` is an AppError, optionally of one of `codes`. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

/** For a promise's `catch`: `value` in place of an AppError of one of these codes (of any, without codes); every other error is thrown on. */
export function onAppError<T>(value: T, ...codes: ErrorCode[]): (error: unknown) => T {
  return (error) => {
    if (isAppError(error, ...codes)) return value;
    throw error;
  };
}

/**
 * For a promise's `catch` where the rest is worth having without its result: `value` in place of any AppError, unless the
 * wait itself was ended by `signal`; every other error is thrown on.
 */
export function onFailure<T>(value: T, signal: AbortSignal | undefined): (error: unknown) => T {
  return (error) => {
    if (isAppError(error) && !signal?.aborted) return value;
    throw error;
  };
}
