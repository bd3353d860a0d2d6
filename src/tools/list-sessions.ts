/** list_sessions: the conversations that an assistant holds. */
import * as z from 'zod';
import { onFailure } from '../core/errors.ts';
import { head, plainText } from '../core/text.ts';
import { requireRunning } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, quoted, writtenByOthers } from './fields.ts';
import { defineTool, type Services } from './services.ts';
import { type Sum, spentOutput, sumOf, sumWords } from './spend-output.ts';

const session = z.object({
  key: z.string(),
  agent: z.string().optional(),
  updated_at: z.string().optional(),
  total_tokens: z.number().optional(),
  spent: spentOutput.optional().describe("In all, by OpenClaw's own accounts."),
  title: z.string().optional().describe('Derived from what people wrote.'),
});

// A longer key could not be passed back either.
const MAX_KEY_CHARS = 200;
const MAX_TITLE_CHARS = 200;

export const listSessions = defineTool({
  name: 'list_sessions',
  title: 'List sessions',
  description:
    'Lists the conversations of an assistant, newest first. Pass a key as session to chat or read_session.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    limit: z.number().int().min(1).max(100).default(20).describe('Sessions at most.'),
    cursor: z.string().max(200).optional().describe('next_cursor of the page before.'),
  }),
  output: z.object({
    from_others: fromOthers,
    machine_id: z.string(),
    sessions: z.array(session),
    next_cursor: z.string().optional(),
  }),
  async run({ machine_id, limit, cursor }, { services, signal }) {
    const id = await services.directory.resolve(machine_id, { signal });
    await requireRunning(services.machines, id, { signal });
    const [page, spend] = await Promise.all([
      services.gateway.listSessions(id, { limit, cursor, signal }),
      spentBySession(services, id, signal),
    ]);
    const sessions = page.sessions.map((s) => ({
      key: head(plainText(s.key), MAX_KEY_CHARS),
      agent: s.agent === undefined ? undefined : head(plainText(s.agent), MAX_TITLE_CHARS),
      updated_at: s.updatedAt,
      total_tokens: s.totalTokens,
      spent: spend.get(s.key),
      ...(s.title !== undefined && { title: head(plainText(s.title), MAX_TITLE_CHARS) }),
    }));
    const lines = sessions.map(
      (s) =>
        `${s.key}  ${s.updated_at ?? ''}  ${s.total_tokens ?? '?'} tokens  ${s.title ?? ''}${s.spent ? `  (spent ${sumWords(s.spent)})` : ''}`,
    );
    return {
      summary: `${sessions.length} session(s) on machine ${id}.${page.nextCursor ? ` More with cursor "${page.nextCursor}".` : ''}`,
      data: {
        from_others: writtenByOthers('key', 'title'),
        machine_id: id,
        sessions,
        ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
      },
      foreign: quoted('sessions', lines),
    };
  },
});

/** By key; a session may have been begun anew under the same one. Empty where OpenClaw does not tell. */
async function spentBySession(
  { spend }: Services,
  machineId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Sum>> {
  const spent = new Map<string, Sum>();
  const { sessions = [] } = await spend
    .spend(machineId, 'sessions', { signal })
    .catch(onFailure({ sessions: [] }, signal));
  for (const { key, ...of } of sessions) {
    const before = spent.get(key) ?? { tokens: 0, usd: 0, unpriced: 0 };
    spent.set(
      key,
      sumOf({
        tokens: before.tokens + of.tokens,
        usd: before.usd + of.usd,
        unpriced: before.unpriced + of.unpriced,
      }),
    );
  }
  return spent;
}
