/** Tells apart why a turn failed: our settings, the gateway, or the model provider. Their words stay foreign. */
import { AppError, type ErrorCode } from '../core/errors.ts';
import type { ReportedError } from './turn-stream.ts';

interface Cause {
  matches(error: Evidence): boolean;
  kind: ErrorCode;
  message: string;
  next: string;
  /** False where the gateway turned the message away, so that sending it again is safe. */
  sent?: boolean;
}

interface Evidence {
  status: number | undefined;
  /** Type, code and message in one, lower case. */
  words: string;
  type: string;
}

const SEE_LOGS = 'Call read_logs to see what the gateway wrote, then send the message again.';
const FIX_KEY =
  "Set the provider's key in this server's environment and call deploy_openclaw for the same machine.";
const REPAIR = 'Call wake_machine, which checks and repairs the gateway, then repeat the call.';

/**
 * The first that matches counts. Sources: the statuses and types that 2026.3.24, 2026.7.1 and 2026.9.6 answered when
 * each cause was brought about on purpose; the words of the large providers' own error types.
 */
const CAUSES: readonly Cause[] = [
  {
    // The gateway's own 401; a provider's refusal has the type authentication_error.
    matches: ({ status, type }) => status === 401 && type === 'unauthorized',
    kind: 'conflict',
    message: 'The gateway did not accept its own token',
    next: REPAIR,
  },
  {
    matches: ({ status, words }) => status === 403 || words.includes('proxy_attribution_required'),
    kind: 'conflict',
    message: 'The gateway refused the request',
    next: REPAIR,
  },
  {
    matches: ({ words }) => words.includes('unknown agent') || words.includes('multiple agents'),
    kind: 'invalid_input',
    message: 'OpenClaw has no such agent',
    next: 'Leave out agent, or name one that exists on this machine.',
  },
  {
    matches: ({ words }) =>
      /unknown model|model .{0,200}is not allowed|model_not_found|not_found_error.{0,80}model|invalid .?model/.test(
        words,
      ),
    kind: 'invalid_input',
    message: 'OpenClaw or the provider does not know this model, or may not use it',
    next: 'Leave out model for the default one, or name another as provider/model.',
  },
  {
    matches: ({ status, words }) => status === 413 || words.includes('payload too large'),
    kind: 'invalid_input',
    message: 'The message is too large for the gateway',
    next: 'Split the message.',
  },
  {
    matches: ({ words }) => /gateway_unavailable|gateway-draining|draining/.test(words),
    kind: 'unavailable',
    message: 'The gateway is shutting down or restarting and takes no new work',
    next: 'Wait half a minute and send the message again.',
    sent: false,
  },
  {
    matches: ({ words }) => /agent run aborted|run was aborted/.test(words),
    kind: 'cancelled',
    message: 'The turn was ended on the machine before its reply was complete',
    next: 'Send the message again if it is still wanted.',
  },
  {
    matches: ({ words }) => /missing-provider-auth|no api key found|missing api key|custom-local/.test(words),
    kind: 'provider',
    message: 'OpenClaw has no key for the provider of this model',
    next: FIX_KEY,
  },
  {
    matches: ({ words }) => /temporarily disabled after a provider/.test(words),
    kind: 'provider',
    message: 'OpenClaw paused this provider because it refused the key or the account a moment ago',
    next: "Correct the provider's key or credit, wait as long as the note says, and send the message again.",
  },
  {
    matches: ({ status, words }) =>
      status === 402 ||
      /insufficient_quota|credit balance|billing|payment required|exceeded your current quota/.test(words),
    kind: 'provider',
    message: "The model provider's account has no credit or quota left",
    next: 'Add credit at the provider or choose another model, then send the message again.',
  },
  {
    matches: ({ status, words }) =>
      status === 401 || /authentication_error|invalid.{0,10}api.?key|^401\b/.test(words),
    kind: 'provider',
    message: 'The model provider refused its key',
    next: FIX_KEY,
  },
  {
    matches: ({ status, words }) => status === 429 || /rate_limit|rate limit|\b429\b/.test(words),
    kind: 'provider',
    message: 'The model provider limits the rate, also after several tries',
    next: 'Wait a minute and send the message again, or choose another model.',
  },
  {
    matches: ({ words }) => /prompt is too long|context_length|context window|maximum context/.test(words),
    kind: 'provider',
    message: 'The conversation is longer than the model can read',
    next: 'Start a new session, or choose a model with a larger context.',
  },
  {
    matches: ({ status, words }) => status === 529 || /overloaded|\b529\b/.test(words),
    kind: 'provider',
    message: 'The model provider is overloaded, also after several tries',
    next: 'Wait a minute and send the message again, or choose another model.',
  },
  {
    matches: ({ status, words }) => status === 408 || /timed out|timeout/.test(words),
    kind: 'provider',
    message: 'The model provider did not answer in time',
    next: 'Send the message again, or choose another model.',
  },
  {
    matches: ({ words }) => words.includes('internal error'),
    kind: 'unavailable',
    message: 'The gateway failed while it worked on the turn',
    next: SEE_LOGS,
  },
  {
    matches: ({ status, type }) => status === 502 || status === 503 || type === 'api_error',
    kind: 'provider',
    message: 'The model provider failed',
    next: 'Wait a minute and send the message again, or choose another model.',
  },
  {
    matches: ({ words }) => /llm request failed|agent run failed|agent failed before reply/.test(words),
    kind: 'provider',
    message: 'The request to the model failed, and OpenClaw does not say why',
    next: SEE_LOGS,
  },
  {
    matches: ({ status, type }) => status === 400 || type === 'invalid_request_error',
    kind: 'provider',
    message: 'OpenClaw or the model provider rejected the request',
    next: SEE_LOGS,
  },
  {
    matches: ({ status }) => status === 404 || status === 405,
    kind: 'conflict',
    message: "The gateway's chat endpoint is switched off",
    next: 'Call deploy_openclaw for the same machine; it sets the gateway up again.',
  },
];

/** Our sentence and the next step for what the gateway or the provider reported. */
export function explainTurnError(error: ReportedError): AppError {
  const type = (error.type ?? '').toLowerCase();
  const words = `${type} ${error.code ?? ''} ${error.message}`.trim().toLowerCase();
  const cause = CAUSES.find((known) => known.matches({ status: error.httpStatus, words, type }));
  return new AppError(
    cause?.kind ?? 'unavailable',
    cause?.message ?? 'The turn failed before its reply was complete',
    {
      next: cause?.next ?? SEE_LOGS,
      ...(error.message === '' ? {} : { foreign: error.message }),
      details: {
        ...(error.httpStatus === undefined ? {} : { http_status: error.httpStatus }),
        ...(cause?.sent === undefined ? {} : { sent: cause.sent }),
      },
    },
  );
}

// Could not resolve, could not connect: nothing of the request left.
const NOT_CONNECTED: readonly number[] = [5, 6, 7];

/**
 * The gateway's port did not answer, or the connection broke; `details.sent` is false when nothing was sent for sure.
 * @param curlExit curl's exit code.
 */
export function explainConnection(curlExit: number, foreign: string): AppError {
  const refused = NOT_CONNECTED.includes(curlExit);
  return new AppError(
    'unavailable',
    refused ? 'The gateway on the machine is not running' : 'The gateway did not answer to the end',
    {
      next: refused
        ? REPAIR
        : 'Call gateway_status. Before you send a chat message again, call read_session to see how far it came.',
      ...(foreign === '' ? {} : { foreign }),
      details: { curl_exit: curlExit, sent: !refused },
    },
  );
}
