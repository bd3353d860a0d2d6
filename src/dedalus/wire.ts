/** How our API calls hand a request to the library that sends it, and get the answer: both as plain data. */
import * as z from 'zod';

import type { AppError } from '../core/errors.ts';

/** One HTTP request to the API. */
export interface WireRequest {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Starts with /v1; every id in it is already encoded. */
  path: string;
  query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON, byte for byte as JSON.stringify writes it. */
  body?: unknown;
  /** Present on everything that changes something. */
  idempotencyKey?: string | undefined;
  /** The revision that the change is based on; only the first API generation asks for it. */
  ifMatch?: string | undefined;
}

/** What came back, whatever the status. */
export interface WireAnswer {
  status: number;
  /** Parsed JSON, or undefined when the body was empty or no JSON. */
  body: unknown;
  /** From the Retry-After header, which proxies send though the API does not. */
  retryAfterMs: number | undefined;
}

/** @throws AppError `unavailable` when no whole answer arrived; the signal's reason when it aborts. */
export type Send = (request: WireRequest, signal: AbortSignal) => Promise<WireAnswer>;

/**
 * Sees every request with what came of it, also those that a second try mends: an answer whatever its status, or what
 * kept one away.
 */
export type Watch = (request: WireRequest, came: WireAnswer | AppError) => void;

/** Milliseconds. Zero asks for none: then our own pace counts, not as many requests as the network carries. */
export const pause = z.number().positive().optional().catch(undefined);
