/** Failures that are expected: told apart by the system's code, or answered with a value in their place. */

/** Whether `error` is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** For a promise's `catch`: `value` in place of a system error with one of these codes; every other error is thrown on. */
export function onErrno<T>(value: T, ...codes: string[]): (error: unknown) => T {
  return (error) => {
    if (isErrno(error, ...codes)) return value;
    throw error;
  };
}

/** What `work` gives, or `value` where it throws, whatever it throws. */
export function attempt<T, V>(work: () => T, value: V): T | V {
  try {
    return work();
  } catch {
    return value;
  }
}

/** Whether `work` throws nothing. */
export function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
