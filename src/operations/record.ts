/** What is remembered of a long-running piece of work, so that any later process can go on with it, and what its id says without that. */
import { randomBytes } from 'node:crypto';

import type * as z from 'zod';
import { AppError, type ErrorCode } from '../core/errors.ts';

/** Data that survives JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** `value` as a record holds it: undefined fields left out. */
export function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

export type OperationStatus = 'running' | 'done' | 'failed' | 'cancelled';

export interface StageRecord {
  name: string;
  /** ISO time. */
  startedAt: string;
  endedAt?: string;
}

export interface OperationRecord {
  /** `<kind>_<machine id>_<random>`, or `<kind>_<random>` while there is no machine yet. */
  id: string;
  kind: string;
  /** Two running operations of one kind never have the same key: the second call joins the first. */
  key: string;
  /** The machine that it is about; of a deploy, the one that it was given or has made. */
  machineId?: string;
  status: OperationStatus;
  /** Cancelled, but what it left elsewhere may not be removed yet: cancelling again goes on with that. */
  unsettled?: boolean;
  createdAt: string;
  updatedAt: string;
  stages: StageRecord[];
  /** Our own sentences on what was done besides the plan: a machine replaced, a field left out. */
  notes: string[];
  /** What earlier processes had noted, by their file: a stranger's text, as all of a file is. */
  said?: string[];
  /** Read from a file that this process did not write: its error and result are a stranger's words. Never written. */
  foreign?: true;
  /** What was asked for; never a secret. */
  input: JsonObject;
  /** How far the work is, in its kind's own terms. Only ever grows towards the end. */
  state: JsonObject;
  result?: JsonObject;
  error?: StoredError;
}

/** An AppError that survives JSON; foreign text is kept apart from our sentence. */
export interface StoredError {
  code: ErrorCode;
  message: string;
  next?: string;
  foreign?: string;
  details: Record<string, string | number | boolean>;
}

export function storeError(error: AppError): StoredError {
  return {
    code: error.code,
    message: error.message,
    ...(error.next === undefined ? {} : { next: error.next }),
    ...(error.foreign === undefined ? {} : { foreign: error.foreign }),
    details: { ...error.details },
  };
}

/** @throws AppError `conflict` when a record does not hold what its kind wrote there. */
export function parseStored<T extends z.ZodType>(schema: T, stored: JsonObject): z.output<T> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new AppError('conflict', 'The record of this operation is damaged, so it cannot go on', {
    next: 'Call gateway_status to see how things stand, and begin again what is still wanted.',
    cause: parsed.error,
  });
}

/** `kind`, and the machine where the id names one. Machine ids hold no underscore. */
export function parseOperationId(id: string): { kind: string; machineId: string | undefined } | undefined {
  const match = /^([a-z]+)_(?:([A-Za-z0-9-]{1,64})_)?[0-9a-f]{16}$/.exec(id);
  return match?.[1] === undefined ? undefined : { kind: match[1], machineId: match[2] };
}

export function operationId(kind: string, machineId: string | undefined): string {
  const random = randomBytes(8).toString('hex');
  return machineId === undefined ? `${kind}_${random}` : `${kind}_${machineId}_${random}`;
}
