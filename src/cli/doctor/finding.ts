/** One thing that the doctor looked at, and what to do about it. */

export interface Finding {
  /** What was looked at, one or two words. */
  check: string;
  /** A warning works, but not as well as it could; a problem must be mended before the server is of use. */
  state: 'ok' | 'warning' | 'problem';
  /** What was seen, in our words; never a secret. */
  detail: string;
  /** One imperative sentence; only where something wants doing. */
  remedy?: string | undefined;
}

export function ok(check: string, detail: string): Finding {
  return { check, state: 'ok', detail };
}

export function warning(check: string, detail: string, remedy: string): Finding {
  return { check, state: 'warning', detail, remedy };
}

export function problem(check: string, detail: string, remedy: string): Finding {
  return { check, state: 'problem', detail, remedy };
}
