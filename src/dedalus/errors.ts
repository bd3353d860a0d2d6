/** Turns what the API or the network did into our own errors: a code, our words, the next step, facts for code. */
import { AppError, type AppErrorOptions, type ErrorCode } from '../core/errors.ts';
import { head } from '../core/text.ts';
import type { Refusal } from './envelopes.ts';

/** What a 404 means for one request: the thing that its path names, or the ability itself. */
export type Subject = 'machine' | 'execution' | 'capability' | 'service';

// Enough for every known message; a proxy's HTML page is not worth more.
const FOREIGN_CHARS = 2_000;
const SAFE_TOKEN = /^[A-Za-z][A-Za-z0-9_.[\]-]{0,60}$/;
const QUOTA = /quota|machine limit|too many machines|concurrent machines/i;
// "missing internal route signature" (401) and "internal service authorization is required" (403): the route is
// there, but closed to public keys.
const INTERNAL_ONLY = /internal (route|service)/i;

interface Verdict {
  code: ErrorCode;
  message: string;
  next: string;
  reason?: string;
}

/** The error for an answer of status 400 or more. */
export function refusalError(refusal: Refusal, subject: Subject): AppError {
  const verdict = judge(refusal, subject);
  const details: Record<string, string | number | boolean> = { http_status: refusal.status };
  if (refusal.platformCode && SAFE_TOKEN.test(refusal.platformCode)) {
    details.platform_code = refusal.platformCode;
  }
  if (refusal.retryable !== undefined) details.retryable = refusal.retryable;
  if (refusal.retryAfterMs !== undefined) details.retry_after_ms = refusal.retryAfterMs;
  if (verdict.reason) details.reason = verdict.reason;
  for (const [name, value] of Object.entries(refusal.facts)) {
    if (SAFE_TOKEN.test(name) && SAFE_TOKEN.test(value)) details[name] ??= value;
  }
  const options: AppErrorOptions = { next: verdict.next, details };
  if (refusal.text !== '') options.foreign = head(refusal.text, FOREIGN_CHARS);
  return new AppError(verdict.code, verdict.message, options);
}

/** The error for a success status whose body is not what the API documents: HTML, nothing, another document. */
export function oddAnswerError(status: number): AppError {
  return new AppError('unavailable', 'The Dedalus API answered with something that is not its own format', {
    next: 'Try again; if it stays so, check that DEDALUS_BASE_URL points at the Machines API and not at a web page or proxy.',
    details: { http_status: status, reason: 'odd_answer', retryable: true },
  });
}

// Of an hour that an API asks for, whoever calls hears only this; more than a day is no wait.
const MAX_MINUTES = 24 * 60;

function againAfter(askedMs = 0): string {
  const minutes = Math.min(Math.ceil(askedMs / 60_000), MAX_MINUTES);
  return minutes > 1 ? `Try again in ${minutes} minutes, as it asks.` : 'Try again in a minute.';
}

function judge(refusal: Refusal, subject: Subject): Verdict {
  const { status, platformCode = '', text } = refusal;
  if (status === 402 || (platformCode !== 'RATE_LIMITED' && QUOTA.test(`${platformCode} ${text}`))) {
    return {
      code: 'quota',
      message: 'The Dedalus account has no room for this: its quota is used up',
      next: 'Call list_machines and destroy what is not needed (sleeping and failed machines count too), or raise the plan.',
    };
  }
  if (status === 401 || status === 403) return judgeAuth(status, platformCode, text);
  if (status === 404) return judgeMissing(subject);
  if (status === 405 || status === 501) return judgeMissing('capability');
  if (status === 409 || status === 412) return judgeConflict(platformCode);
  if (status === 429 || status === 408 || status >= 500) {
    return {
      code: 'unavailable',
      message:
        status === 429
          ? 'The Dedalus API asked us to slow down'
          : `The Dedalus API cannot do this right now (HTTP ${status})`,
      next: againAfter(refusal.retryAfterMs),
    };
  }
  const named = refusal.fields.map((field) => field.location).filter((name) => SAFE_TOKEN.test(name));
  const where = named.length > 0 ? ` (${[...new Set(named)].join(', ')})` : '';
  return {
    code: 'invalid_input',
    message: `The Dedalus API refused the request as invalid${where}; nothing was changed`,
    next: 'Correct the value and call again.',
  };
}

function judgeAuth(status: number, platformCode: string, text: string): Verdict {
  if (INTERNAL_ONLY.test(text)) {
    return {
      code: 'unsupported',
      message: 'Dedalus does not open this call to ordinary API keys',
      next: 'A machine wakes by itself on the next command, and goes to sleep by its autosleep.',
      reason: 'internal_route',
    };
  }
  if (platformCode === 'AUTH_ORG_MISMATCH') {
    return {
      code: 'auth',
      message: 'The Dedalus API key does not belong to the organization in DEDALUS_ORG_ID',
      next: 'Correct or remove DEDALUS_ORG_ID, then restart the server.',
    };
  }
  return {
    code: 'auth',
    message:
      status === 401 ? 'Dedalus did not accept the API key' : 'The Dedalus API key is not allowed to do this',
    next: 'Check DEDALUS_API_KEY (and that it is a key for DEDALUS_BASE_URL), then restart the server.',
  };
}

function judgeMissing(subject: Subject): Verdict {
  switch (subject) {
    case 'machine':
      return {
        code: 'not_found',
        message: 'There is no such machine',
        next: 'Call list_machines to see the machines of this account.',
      };
    case 'execution':
      return {
        code: 'not_found',
        message: 'The API no longer knows this command run',
        next: 'Call gateway_status to see how the machine is.',
      };
    case 'capability':
      return {
        code: 'unsupported',
        message: 'This Dedalus API does not offer that call',
        next: 'Do without it: it is not available here.',
        reason: 'no_such_route',
      };
    case 'service':
      return {
        code: 'unsupported',
        message: 'There is no Dedalus Machines API at this address',
        next: 'Set DEDALUS_BASE_URL to https://dcs.dedaluslabs.ai, or leave it out, and restart the server.',
        reason: 'no_such_route',
      };
  }
}

function judgeConflict(platformCode: string): Verdict {
  switch (platformCode) {
    case 'SLEEP_HOLD_WINDOW_ACTIVE':
      return {
        code: 'conflict',
        message: 'The machine was woken a short while ago and may not sleep yet',
        next: 'Call sleep_machine again when the hold is over (some 5 minutes after a wake).',
      };
    case 'REVISION_MISMATCH':
      return {
        code: 'conflict',
        message: 'Somebody else changed the machine at the same time',
        next: 'Call gateway_status to see its state, then call again.',
      };
    case 'IDEMPOTENCY_KEY_REUSED':
      return {
        code: 'conflict',
        message: 'An earlier request used the same idempotency key with other content',
        next: 'Use another name, or repeat the first call with exactly the same settings.',
      };
    default:
      return {
        code: 'conflict',
        message: "The machine's state does not allow this now",
        next: 'Call gateway_status to see its state, then call again.',
      };
  }
}
