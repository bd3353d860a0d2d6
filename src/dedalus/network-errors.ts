/** Says what kept an answer from arriving, as far as the network stack tells, and whether trying again can help. */
import { AppError } from '../core/errors.ts';

// Nobody there, no such name, no way, or no answer to the first packet: nothing was sent.
const UNREACHABLE = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN'],
  ...['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
]);
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/;

/** No whole answer within the time of one request. The request may have been carried out. */
export function noAnswerError(): AppError {
  return new AppError('unavailable', 'The Dedalus API did not answer in time', {
    next: 'Try again in a minute.',
    details: { reason: 'no_answer', retryable: true },
  });
}

/** An answer larger than we are willing to hold. */
export function oversizedError(): AppError {
  return new AppError('unavailable', 'The Dedalus API sent an answer that is too large', {
    next: 'Ask for less at a time.',
    details: { reason: 'answer_too_large', retryable: false },
  });
}

/** The error for a request that failed below HTTP. */
export function networkError(error: unknown): AppError {
  const trail = causes(error);
  const known = trail.find((cause) => cause instanceof AppError);
  if (known instanceof AppError) return known;
  const code = firstCode(trail);
  if (trail.some((cause) => cause instanceof Error && /unexpected redirect/i.test(cause.message))) {
    return new AppError('unavailable', 'The address of the Dedalus API redirects elsewhere; not followed', {
      next: 'Set DEDALUS_BASE_URL to the final address: a redirect would hand the API key to another server.',
      details: { reason: 'redirect', retryable: false },
    });
  }
  if (UNTRUSTED.test(code)) {
    return new AppError('unavailable', 'The certificate of the Dedalus API is not trusted here', {
      next: 'Behind a company proxy set NODE_EXTRA_CA_CERTS to its certificate file, then restart the server.',
      details: { reason: 'untrusted_certificate', network_code: code, retryable: false },
    });
  }
  if (UNREACHABLE.has(code)) {
    return new AppError('unavailable', 'The Dedalus API cannot be reached', {
      next: 'Check the network and DEDALUS_BASE_URL, then try again.',
      details: { reason: 'unreachable', network_code: code, retryable: true },
    });
  }
  return new AppError('unavailable', 'The connection to the Dedalus API broke before the answer arrived', {
    next: 'Try again in a minute.',
    details: { reason: 'no_answer', retryable: true },
  });
}

/** Whether the connection never came about. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(firstCode(causes(error)));
}

function firstCode(trail: readonly unknown[]): string {
  return trail.map(codeOf).find((found) => found !== undefined) ?? '';
}

/** The error and its causes, outermost first; bounded, since a cause may point back. */
export function causes(error: unknown): unknown[] {
  const trail: unknown[] = [];
  for (let at = error; at !== undefined && trail.length < 8; ) {
    trail.push(at);
    // Happy eyeballs wraps one error per address.
    if (at instanceof AggregateError) trail.push(...at.errors.slice(0, 4));
    at = at instanceof Error ? at.cause : undefined;
  }
  return trail;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
