/** The gateway's list of sessions, archived ones in a list of their own, as every release since 2026.9 shows it over HTTP. */

import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import { askGateway } from '../gateway/ask.ts';
import type { Place } from '../place.ts';
import { sessionRow } from '../schemas.ts';

const answer = z.object({
  result: z.object({
    details: z.object({
      sessions: z.array(sessionRow),
      hasMore: z.catch(z.boolean(), false),
      visibility: z.catch(z.optional(z.object({ restricted: z.boolean() })), undefined),
    }),
  }),
});

export type Row = z.infer<typeof sessionRow>;

export interface Rows {
  sessions: Row[];
  hasMore: boolean;
}

/** - rows · refused: the gateway does not take our token · unlisted: it does not list them · down: it does not answer */
export type Listing = Rows | 'refused' | 'unlisted' | 'down';

/** @param args as OpenClaw's tool `sessions_list` takes them. */
export async function listRows(place: Place, args: object): Promise<Listing> {
  const got = await askGateway(place, '/tools/invoke', { tool: 'sessions_list', args });
  if (got === undefined) return 'down';
  if (got.status === 401 || got.status === 403) return 'refused';
  const read = answer.safeParse(parseJson(got.body));
  if (!read.success || read.data.result.details.visibility?.restricted) return 'unlisted';
  const { sessions, hasMore } = read.data.result.details;
  return { sessions, hasMore };
}

/** The one session of this key; undefined when there is none. */
export async function findRow(place: Place, key: string): Promise<Row | undefined | 'unknown'> {
  const search = key.split(':').at(-1);
  for (const archived of [false, true]) {
    const rows = await listRows(place, { search, limit: 100, ...(archived ? { archived } : {}) });
    if (typeof rows === 'string') return 'unknown';
    const found = rows.sessions.find((row) => row.key === key);
    if (found !== undefined) return { ...found, archived: found.archived || archived };
  }
  return undefined;
}
