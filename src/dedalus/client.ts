/**
 * The only file that knows the library `dedalus-labs`: sends by its generic methods, with everything switched off that would
 * leak a key or rewrite a request.
 */

import type Dedalus from 'dedalus-labs';
import { apiCaps, apiTiming } from '../config/timing.ts';
import type { Clock } from '../core/clock.ts';
import { parseJson } from '../core/json.ts';
import type { DedalusApi } from './api.ts';
import { accessCalls } from './calls/access.ts';
import { type Call, caller } from './calls/call.ts';
import { executionCalls } from './calls/executions.ts';
import { machineCalls } from './calls/machines.ts';
import { openingCalls } from './calls/openings.ts';
import { usageCalls } from './calls/usage.ts';
import { cappedFetch } from './capped-fetch.ts';
import { networkError } from './network-errors.ts';
import type { Send, Watch, WireAnswer, WireRequest } from './wire.ts';

export interface DedalusClientOptions {
  apiKey: string;
  /** Always given: the library's own default is another service. A trailing slash and a path prefix are fine. */
  baseUrl: string;
  /** Sent as X-Dedalus-Org-Id. */
  orgId?: string | undefined;
  clock: Clock;
  /** Instead of the global fetch; for an API in this process. */
  fetch?: typeof fetch | undefined;
  /** 0 (inclusive) to 1 (exclusive), for the jitter between tries. */
  random?: (() => number) | undefined;
  watch?: Watch | undefined;
}

/** The Dedalus Machines API behind `baseUrl`. Nothing is loaded or connected before the first call. */
export const dedalusClient = (options: DedalusClientOptions): DedalusApi =>
  dedalusApi(async () => dedalusCaller(options));

/** @param connect asked at the first call, and until it succeeds once; what it throws, the call throws. */
export function dedalusApi(connect: () => Promise<Call>): DedalusApi {
  let connected: Promise<Call> | undefined;
  const call: Call = async (...args) => {
    connected ??= connect().catch((error) => {
      connected = undefined;
      throw error;
    });
    return (await connected)(...args);
  };
  return {
    ...machineCalls(call, apiCaps),
    ...executionCalls(call),
    ...accessCalls(call),
    ...openingCalls(call),
    ...usageCalls(call),
  };
}

/** How each call of the API behind `baseUrl` is made. Nothing is loaded or connected before the first one. */
export function dedalusCaller(options: DedalusClientOptions): Call {
  let loaded: Promise<Library> | undefined;
  const send: Send = async (request, signal) => {
    loaded ??= load(options);
    const library = await loaded;
    try {
      const answer = await answerOf(library, request, signal);
      options.watch?.(request, answer);
      return answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = networkError(error);
      options.watch?.(request, failure);
      throw failure;
    }
  };
  return caller(send, {
    clock: options.clock,
    random: options.random ?? Math.random,
    timing: apiTiming,
  });
}

interface Library {
  client: Dedalus;
  /** Status, parsed body and headers of the library's error for a status of 400 or more. */
  refused(error: unknown): { status: number; body: unknown; headers: Headers } | undefined;
}

// Loaded on first use: it takes a tenth of a second that a starting server does not have.
async function load(options: DedalusClientOptions): Promise<Library> {
  const { default: Client, APIError } = await import('dedalus-labs');
  const client = new Client({
    xAPIKey: options.apiKey,
    baseURL: options.baseUrl,
    // null, not undefined: each of these would else come from a DEDALUS_* variable and, but for the organization,
    // leave in a header (the provider's key of the user's other Dedalus code among them).
    apiKey: null,
    organization: null,
    provider: null,
    providerKey: null,
    providerModel: null,
    // Its log goes to stdout, which is the protocol, and prints bodies.
    logLevel: 'off',
    // It would retry every 409 and ignore what the body says.
    maxRetries: 0,
    // A redirect would take the key and the body to another origin.
    fetchOptions: { redirect: 'error' },
    fetch: cappedFetch(options.fetch ?? fetch, apiCaps.answerBytes),
    ...(options.orgId === undefined ? {} : { defaultHeaders: { 'X-Dedalus-Org-Id': options.orgId } }),
  });
  return {
    client,
    refused: (error) =>
      error instanceof APIError && error.status !== undefined && error.headers !== undefined
        ? { status: error.status, body: error.error, headers: error.headers }
        : undefined,
  };
}

async function answerOf(library: Library, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
  try {
    const response = await library.client[request.method](
      request.path,
      verbOptions(request, signal),
    ).asResponse();
    return {
      status: response.status,
      body: parseJson(await response.text()),
      retryAfterMs: retryAfter(response.headers),
    };
  } catch (error) {
    const refused = library.refused(error);
    if (!refused) throw error;
    return { status: refused.status, body: refused.body, retryAfterMs: retryAfter(refused.headers) };
  }
}

function verbOptions(request: WireRequest, signal: AbortSignal) {
  return {
    signal,
    ...(request.query === undefined ? {} : { query: request.query }),
    ...(request.idempotencyKey === undefined ? {} : { idempotencyKey: request.idempotencyKey }),
    // A string with its own content type is sent as it is; an object would have its keys rewritten, env names too.
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    headers: {
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.ifMatch === undefined ? {} : { 'If-Match': request.ifMatch }),
    },
  };
}

/** Only the form in seconds; a date would need the server's clock. Zero names no time. */
function retryAfter(headers: Headers): number | undefined {
  const seconds = Number.parseFloat(headers.get('retry-after') ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
