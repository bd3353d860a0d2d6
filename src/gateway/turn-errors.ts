/** Tells apart why a turn failed: our settings, the gateway, or the model provider. Their words stay foreign. */
import { AppError } from '../core/errors.ts';
import { type Cause, PROVIDER_CAUSES, type RunAccount } from './provider-causes.ts';
import type { ReportedError } from './turn-stream.ts';

const SEE_LOGS = 'Call read_logs to see what the gateway wrote, then send the message again.';
const REPAIR = 'Call wake_machine, which checks and repairs the gateway, then repeat the call.';

/**
 * The first that matches counts. Sources: the statuses and types that 2026.3.24, 2026.7.1 and 2026.9.6 answered when
 * each cause was brought about on purpose; the words of the large providers' own error types.
 */
const CAUSES: readonly Cause[] = [
  {
    matches: ({ words }) => /(?:database or )?disk is full|no space left on device|\benospc\b/.test(words),
    kind: 'machine_failed',
    message: "The machine's disk is full, or was when the gateway last wrote to it",
    next: 'Have the assistant remove files of its own, or call configure_openclaw with a larger storage_gib; then send the message again.',
    fault: 'disk_full',
  },
  {
    // The gateway's own 401; a provider's refusal has the type authentication_error.
    matches: ({ status, type }) => status === 401 && type === 'unauthorized',
    kind: 'conflict',
    message: 'The gateway did not accept its own token',
    next: REPAIR,
  },
  {
    matches: ({ status, gatewayWords }) =>
      status === 403 || gatewayWords.includes('proxy_attribution_required'),
    kind: 'conflict',
    message: 'The gateway refused the request',
    next: REPAIR,
  },
  {
    matches: ({ gatewayWords }) =>
      gatewayWords.includes('unknown agent') || gatewayWords.includes('multiple agents'),
    kind: 'invalid_input',
    message: 'OpenClaw has no such agent',
    next: 'Leave out agent, or name one that exists on this machine.',
  },
  {
    matches: ({ gatewayWords }) =>
      /unknown model|model .{0,200}is not allowed|invalid .?model/.test(gatewayWords),
    kind: 'invalid_input',
    message: 'OpenClaw does not know this model, or may not use it',
    next: 'Leave out model for the default one, or name another as provider/model.',
  },
  {
    matches: ({ status }) => status === 413,
    kind: 'invalid_input',
    message: 'The message is too large for the gateway',
    next: 'Split the message.',
  },
  {
    matches: ({ gatewayWords }) => /gateway_unavailable|gateway-draining|draining/.test(gatewayWords),
    kind: 'unavailable',
    message: 'The gateway is shutting down or restarting and takes no new work',
    next: 'Wait half a minute and send the message again.',
    sent: false,
  },
  {
    matches: ({ gatewayWords }) => /agent run aborted|run was aborted/.test(gatewayWords),
    kind: 'cancelled',
    message: 'The turn was ended on the machine before its reply was complete',
    next: 'Send the message again if it is still wanted.',
  },
  ...PROVIDER_CAUSES,
  {
    matches: ({ words }) => words.includes('internal error'),
    kind: 'unavailable',
    message: 'The gateway failed while it worked on the turn',
    next: SEE_LOGS,
    fault: 'refused_session',
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

/**
 * Our sentence and the next step for what the gateway or the provider reported.
 * @param account what OpenClaw's log says of the turn; it knows more than the answer, which says "internal error" of most.
 */
export function explainTurnError(error: ReportedError, account: RunAccount = {}): AppError {
  const type = (error.type ?? '').toLowerCase();
  const said = account.said ?? error.message;
  const words = `${type} ${error.code ?? ''} ${said}`.trim().toLowerCase();
  const providerStatus = statusIn(said);
  const evidence = {
    status: error.httpStatus,
    providerStatus,
    words,
    gatewayWords: account.said === undefined && providerStatus === undefined ? words : '',
    type,
    ending: account.ending,
    logged: account.said !== undefined,
  };
  const cause = CAUSES.find((known) => known.matches(evidence));
  const foreign = account.ending === undefined ? said : '';
  return new AppError(
    cause?.kind ?? (cause ? 'provider' : 'unavailable'),
    cause?.message ?? 'The turn failed before its reply was complete',
    {
      next: cause?.next ?? SEE_LOGS,
      ...(foreign === '' ? {} : { foreign }),
      details: {
        ...(error.httpStatus === undefined ? {} : { http_status: error.httpStatus }),
        ...(cause?.sent === undefined ? {} : { sent: cause.sent }),
        ...(cause?.asked && account.provider !== undefined ? { asked_provider: account.provider } : {}),
        ...(cause?.fault === undefined ? {} : { fault: cause.fault }),
      },
    },
  );
}

function statusIn(said: string): number | undefined {
  const found = /^(?:http )?([45]\d\d)\b/i.exec(said)?.[1];
  return found === undefined ? undefined : Number(found);
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

/** curl's code for a port on which nothing listens, as everything else here is told by. */
const REFUSED = 7;

/** Nothing answered on the gateway's port. */
export const notRunning = (): AppError => explainConnection(REFUSED, '');

/** The gateway does not take our token. */
export const refusedToken = (): AppError =>
  explainTurnError({ httpStatus: 401, type: 'unauthorized', message: '' });
