/** Sessions of a machine: listed, and how one of them stands. */
import { AppError } from '../core/errors.ts';
import { toldTime } from '../core/text.ts';
import type { MachineService } from '../machine/ports.ts';
import { askSidecar } from '../openclaw/sidecar/ask-sidecar.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { PageOptions, Session, SessionOptions, SessionState } from './ports.ts';
import { AGENT_ID, addressOf } from './session-address.ts';
import { notRunning, refusedToken } from './turn-errors.ts';

/** Two questions of 20 s to the gateway; its command line takes up to 60 s more. */
const LIST_MS = 60_000;
const MEND_MS = 120_000;

type Machines = Pick<MachineService, 'run'>;

/** Newest first, archived ones last. @throws AppError `invalid_input` for a foreign cursor, `unavailable`. */
export async function listSessions(
  machines: Machines,
  machineId: string,
  options: PageOptions,
): Promise<{ sessions: Session[]; nextCursor: string | undefined }> {
  const start = startOf(options.cursor);
  const request = { limit: options.limit, ...start };
  const how = { timeoutMs: LIST_MS, rerunnable: true, signal: options.signal };
  const listed = await askSidecar(machines, machineId, 'list_sessions', request, how);
  if (!('sessions' in listed)) {
    throw listed.from === 'down' ? notRunning() : refusedToken();
  }
  const { next } = listed;
  return {
    sessions: listed.sessions.map(sessionOf),
    nextCursor: next && `${next.archived ? 'a' : ''}${next.offset}`,
  };
}

export async function sessionState(
  machines: Machines,
  machineId: string,
  { session, agent, signal }: SessionOptions,
): Promise<SessionState> {
  const { key } = addressOf(session, agent);
  const how = { timeoutMs: LIST_MS, rerunnable: true, signal };
  return askSidecar(machines, machineId, 'session_state', { key }, how);
}

export async function restoreSession(
  machines: Machines,
  machineId: string,
  { session, agent, signal }: SessionOptions,
): Promise<boolean> {
  const { key } = addressOf(session, agent);
  const how = { timeoutMs: MEND_MS, rerunnable: true, signal };
  return (await askSidecar(machines, machineId, 'restore_session', { key }, how)).restored;
}

type Row = Extract<ReplyOf<'list_sessions'>, { sessions: unknown }>['sessions'][number];

function sessionOf(found: Row): Session {
  return {
    key: found.key,
    agent: [found.agentId, /^agent:([^:]+):/.exec(found.key)?.[1]].find((id) => id && AGENT_ID.test(id)),
    updatedAt: toldTime(found.updatedAt),
    totalTokens: found.totalTokens,
    title: found.displayName ?? found.derivedTitle,
    model: found.model,
    status: found.status,
  };
}

// The number of rows seen: sessions move to the front when used, so a page may repeat a row. `a`: among the archived.
function startOf(cursor: string | undefined): { offset: number; archived: boolean } {
  const [, archived, offset] = /^(a?)(\d{1,6})$/.exec(cursor ?? '0') ?? [];
  if (offset !== undefined) return { offset: Number(offset), archived: archived === 'a' };
  throw new AppError('invalid_input', 'This cursor does not come from list_sessions', {
    next: 'Pass next_cursor exactly as it was returned, or leave it out.',
  });
}
