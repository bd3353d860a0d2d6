/** A session's messages over the gateway's history endpoint, the same in every supported version. */

import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import type { Exchange } from '../exchange.ts';
import { askGateway } from '../gateway/ask.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';

const text = z.catch(z.optional(z.string()), undefined);
const part = z.object({ type: z.catch(z.string(), ''), text });
const item = z.object({
  role: z.catch(z.string(), 'unknown'),
  content: z.catch(z.union([z.string(), z.array(part)]), ''),
  timestamp: z.catch(z.optional(z.number()), undefined),
  stopReason: text,
  errorMessage: text,
});
const history = z.object({
  sessionKey: z.string(),
  items: z.array(item),
  hasMore: z.catch(z.boolean(), false),
  nextCursor: z.catch(z.nullish(z.string()), undefined),
});
const missing = z.object({ error: z.object({ type: z.literal('not_found') }) });

type Item = z.infer<typeof item>;
type Reply = ReplyOf<'read_session'>;
type Page = z.infer<typeof history>;

/** Of one reply, as JSON. */
const MAX_REPLY = 500_000;
const MAX_SAID = 2_000;
const TIMEOUT_MS = 20_000;

/** Fewer messages than asked for where so many are too large to be carried at once; the cursor leads on from them. */
export async function readSession(
  place: Place,
  { key, limit, cursor }: RequestOf<'read_session'>,
): Promise<Reply> {
  for (let fewer = limit; ; fewer = Math.floor(fewer / 2)) {
    const answer = await askGateway(place, historyPath(key, fewer, cursor), undefined, TIMEOUT_MS);
    const reply = answer?.cut ? tooLarge : replyOf(answer);
    const fits = reply !== tooLarge && Buffer.byteLength(JSON.stringify(reply)) <= MAX_REPLY;
    if (fits) return reply;
    if (fewer <= 1) return tooLarge;
  }
}

const tooLarge: Reply = { problem: 'too_large' };

function replyOf(answer: Exchange | undefined): Reply {
  if (answer === undefined) return { problem: 'down' };
  const { status, body } = answer;
  const page = pageIn(body);
  if (status === 200 && page !== undefined) return shown(page);
  if (status === 401 || status === 403) return { problem: 'refused' };
  if (status === 404 && missing.safeParse(parseJson(body)).success) return { problem: 'missing' };
  return { problem: 'other', http: status, answer: body.slice(0, MAX_SAID) };
}

function shown({ sessionKey, items, hasMore, nextCursor }: Page): Reply {
  return {
    session: sessionKey,
    messages: items.map((one) => {
      const said = textOf(one);
      const failed = said === '' && one.errorMessage !== undefined;
      return {
        role: one.role,
        text: failed ? `[failed] ${one.errorMessage}` : said,
        ...(one.timestamp === undefined ? {} : { at_ms: one.timestamp }),
      };
    }),
    ...(hasMore && nextCursor ? { next: nextCursor } : {}),
  };
}

/** Path of the newest messages. */
export function historyPath(key: string, limit: number, cursor?: string): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (cursor !== undefined) query.set('cursor', cursor);
  return `/sessions/${encodeURIComponent(key)}/history?${query}`;
}

/**
 * What OpenClaw noted about the failure of the session's newest reply, if that reply failed.
 * @param sinceMs an older failure belongs to another turn.
 */
export function failureIn(body: string, sinceMs: number): string | undefined {
  const newest = pageIn(body)?.items.findLast(({ role }) => role === 'assistant');
  if (newest?.stopReason !== 'error' || (newest.timestamp ?? 0) < sinceMs) return undefined;
  return newest.errorMessage ?? textOf(newest);
}

function pageIn(body: string): Page | undefined {
  return history.safeParse(parseJson(body)).data;
}

// Thinking and tool calls are not what was said; a tool call is named so that no message looks empty.
function textOf({ content }: Item): string {
  if (typeof content === 'string') return content;
  const said = content.flatMap((one) => (one.type === 'text' && one.text ? [one.text] : []));
  if (said.length > 0) return said.join('\n');
  return content.some((one) => /^tool/i.test(one.type)) ? '[tool call]' : '';
}
