/** How one session stands: what keeps a message out of it, and the ways to let one in again. */
import * as z from 'zod/mini';
import { callGateway } from '../gateway/ask.ts';
import { diskFreeMib } from '../gateway/memory.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { abortRun, knownInterrupted, stillInterrupted } from './interrupted.ts';
import { findRow } from './session-rows.ts';

export async function sessionState(
  place: Place,
  { key }: RequestOf<'session_state'>,
): Promise<ReplyOf<'session_state'>> {
  const row = await findRow(place, key);
  const left = knownInterrupted(place).find((one) => one.key === key);
  return {
    state: stateOf(row),
    ended: left?.ended ?? false,
    interrupted: left !== undefined,
    disk_free_mib: diskFreeMib(place),
  };
}

function stateOf(row: Awaited<ReturnType<typeof findRow>>): ReplyOf<'session_state'>['state'] {
  if (row === 'unknown') return 'unknown';
  if (row === undefined) return 'missing';
  if (row.archived) return 'archived';
  return row.status === 'running' ? 'running' : 'idle';
}

/** Brings a session back that OpenClaw has archived. */
export async function restoreSession(
  place: Place,
  { key }: RequestOf<'restore_session'>,
): Promise<ReplyOf<'restore_session'>> {
  const row = await findRow(place, key);
  if (row === undefined || row === 'unknown' || !row.archived) return { restored: false };
  const answer = await callGateway(place, 'sessions.patch', {
    key,
    archived: false,
    expectedSessionId: row.sessionId,
  });
  return { restored: z.object({ ok: z.literal(true) }).safeParse(answer).success };
}

/** Ends the runs that a dying gateway left and OpenClaw goes on with; every conversation stays. */
export async function endInterrupted(place: Place): Promise<ReplyOf<'end_interrupted'>> {
  const ended: string[] = [];
  for (const { key } of await stillInterrupted(place)) if (await abortRun(place, key)) ended.push(key);
  return { ended };
}
