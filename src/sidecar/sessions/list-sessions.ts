/** The sessions of an OpenClaw: from its gateway where that lists them, else from the files in which older releases keep them. */

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseJson } from '../../core/json.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { listRows, type Row, type Rows } from './session-rows.ts';

type Reply = ReplyOf<'list_sessions'>;

/** Those that OpenClaw has put away for not being used come behind the others. */
export async function listSessions(place: Place, request: RequestOf<'list_sessions'>): Promise<Reply> {
  if (keepsFiles(place)) return fromFiles(place, request);
  const { limit, offset } = request;
  const active = request.archived
    ? { sessions: [], hasMore: false }
    : await page(place, limit, offset, false);
  if (typeof active === 'string') return active === 'unlisted' ? fromFiles(place, request) : { from: active };
  if (active.hasMore)
    return { from: 'gateway', sessions: active.sessions, next: { offset: offset + limit, archived: false } };
  const start = request.archived ? offset : 0;
  const room = limit - active.sessions.length;
  const archived = room === 0 ? await page(place, 1, 0, true) : await page(place, room, start, true);
  if (typeof archived === 'string') return { from: 'gateway', sessions: active.sessions };
  const shown = room === 0 ? [] : archived.sessions.map((row) => ({ ...row, status: 'archived' }));
  const more = room === 0 ? archived.sessions.length > 0 : archived.hasMore;
  return {
    from: 'gateway',
    sessions: [...active.sessions, ...shown],
    ...(more ? { next: { offset: start + shown.length, archived: true } } : {}),
  };
}

function page(place: Place, limit: number, offset: number, archived: boolean): ReturnType<typeof listRows> {
  return listRows(place, {
    limit,
    includeDerivedTitles: true,
    ...(offset === 0 ? {} : { offset }),
    ...(archived ? { archived } : {}),
  });
}

/** Before 2026.9 the gateway lists nothing but the caller's own, and leaves a pairing request for being asked. */
export function keepsFiles(place: Place): boolean {
  const file = join(mcpDir(place), 'current', 'node_modules', 'openclaw', 'package.json');
  if (!existsSync(file)) return false;
  return /"version"\s*:\s*"2026\.[1-7]\./.test(readFileSync(file, 'utf8'));
}

function fromFiles(place: Place, { limit, offset }: RequestOf<'list_sessions'>): Reply {
  const agents = join(stateDir(place), 'agents');
  const rows = existsSync(agents)
    ? readdirSync(agents).flatMap((agent) => agentRows(join(agents, agent), agent))
    : [];
  rows.sort((a, b) => (b.row.updatedAt ?? 0) - (a.row.updatedAt ?? 0));
  const shown: Rows['sessions'] = rows
    .slice(offset, offset + limit)
    .map(({ row, transcript }) => ({ ...row, derivedTitle: firstWords(transcript) }));
  const more = rows.length > offset + limit;
  return {
    from: 'files',
    sessions: shown,
    ...(more ? { next: { offset: offset + limit, archived: false } } : {}),
  };
}

function agentRows(folder: string, agentId: string): { row: Row; transcript: string }[] {
  const sessions = join(folder, 'sessions');
  const store = join(sessions, 'sessions.json');
  if (!existsSync(store)) return [];
  return Object.entries(recordOf(parseJson(readFileSync(store, 'utf8')))).map(([key, value]) => {
    const row = recordOf(value);
    const file = text(row.sessionFile) ?? `${text(row.sessionId) ?? ''}.jsonl`;
    return {
      row: {
        key,
        agentId,
        updatedAt: number(row.updatedAt),
        model: text(row.model),
        totalTokens: number(row.totalTokens),
        status: text(row.status),
        displayName: text(row.displayName) ?? text(row.label),
        archived: false,
      },
      transcript: join(sessions, basename(file)),
    };
  });
}

const FIRST_BYTES = 65_536;
const TITLE_LENGTH = 120;

/** What the person first said, from the beginning of a transcript. */
function firstWords(transcript: string): string | undefined {
  if (!existsSync(transcript)) return undefined;
  const handle = openSync(transcript, 'r');
  try {
    const start = Buffer.alloc(FIRST_BYTES);
    const lines = start.toString('utf8', 0, readSync(handle, start)).split('\n');
    const line = lines.find((one) => one.includes('"role":"user"'));
    return saidIn(recordOf(recordOf(parseJson(line ?? '')).message).content).slice(0, TITLE_LENGTH);
  } finally {
    closeSync(handle);
  }
}

function saidIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((part) => text(recordOf(part).text) ?? '').join(' ') : '';
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
