/** Cuts lists into pages, and writes the events of an execution as such a list. */

import { type ExecutionRecord, isTerminal } from '../machines/model.ts';
import type { KeptOutput } from '../machines/store.ts';
import { type Document, defined } from './documents.ts';
import { problem } from './problems.ts';
import type { PageRequest } from './schemas.ts';

// Large enough that an ordinary command has one event per stream, small enough to page through a megabyte.
const EVENT_CHUNK_BYTES = 64 * 1024;

/** One page of `items`; an empty one has `items: null`, as the service does. @throws ApiProblem 400 */
export function pageOf(items: readonly Document[], request: PageRequest, more = false): Document {
  const start = request.cursor === undefined ? 0 : decodeCursor(request.cursor);
  const part = items.slice(start, start + request.limit);
  const next = start + part.length;
  return {
    items: part.length > 0 ? part : null,
    ...((more || next < items.length) && { next_cursor: encodeCursor(next) }),
  };
}

/** Statuses in their order; what the command wrote comes just before its end, since it is readable only then. */
export function events(record: ExecutionRecord, output: KeptOutput | undefined): Document[] {
  const chunks = [...chunked('stdout', output?.stdout), ...chunked('stderr', output?.stderr)];
  const list = record.history.flatMap(({ status, at }): Document[] => {
    if (!isTerminal(status)) return [{ type: 'lifecycle', at, status }];
    const end = defined({
      type: 'lifecycle',
      at,
      status,
      exit_code: record.exitCode,
      signal: record.signal,
      error_code: record.errorCode,
      error_message: record.errorMessage,
    });
    return [...chunks.map((chunk) => ({ ...chunk, at })), end];
  });
  return list.map((event, index) => ({ sequence: index + 1, ...event }));
}

function chunked(type: 'stdout' | 'stderr', bytes: Buffer | undefined): Document[] {
  const count = Math.ceil((bytes?.length ?? 0) / EVENT_CHUNK_BYTES);
  return Array.from({ length: count }, (_, i) => ({
    type,
    chunk: bytes?.subarray(i * EVENT_CHUNK_BYTES, (i + 1) * EVENT_CHUNK_BYTES).toString('utf8') ?? '',
  }));
}

function encodeCursor(offset: number): string {
  return Buffer.from(String(offset)).toString('base64url');
}

function decodeCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,9}$/.test(text)) throw problem(400, 'invalid cursor');
  return Number(text);
}
