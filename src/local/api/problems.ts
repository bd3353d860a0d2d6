/** The two error envelopes of the API, as one throwable that the app turns into a response. */

/** One complaint about a request, as the service's framework words it. */
export interface FieldProblem {
  /** "body.vcpu", "header.Idempotency-Key", "query.limit" */
  location: string;
  message: string;
}

/** A refusal on the wire: its HTTP status and JSON body are final. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly contentType: string;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, contentType: string, body: Readonly<Record<string, unknown>>) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }
}

/** Thrown in process, or turned into a cut connection over HTTP: the client gets no answer at all. */
export class ConnectionLost extends Error {
  constructor() {
    super('the connection was closed before an answer came');
  }
}

interface Coded {
  retryable?: boolean;
  retryAfterMs?: number;
  details?: Record<string, string>;
}

/** Envelope of 401, 403, 409, 429 and 503: `{error_code, message, retryable, retry_after_ms?, details?}`. */
export function coded(status: number, errorCode: string, message: string, rest: Coded = {}): ApiProblem {
  return new ApiProblem(status, 'application/json', {
    error_code: errorCode,
    message,
    retryable: rest.retryable ?? false,
    ...(rest.retryAfterMs !== undefined && { retry_after_ms: rest.retryAfterMs }),
    ...(rest.details && { details: rest.details }),
  });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  507: 'Insufficient Storage',
};

/** Envelope of everything else: RFC 9457 with `errors[]`. */
export function problem(status: number, detail: string, errors: readonly FieldProblem[] = []): ApiProblem {
  return new ApiProblem(status, 'application/problem+json', {
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(errors.length > 0 && { errors }),
  });
}

export function invalid(...errors: FieldProblem[]): ApiProblem {
  return problem(422, 'validation failed', errors);
}

export function machineNotFound(): ApiProblem {
  return problem(404, 'machine not found');
}
