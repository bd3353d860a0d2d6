/** read_session: what was said in one conversation. */
import * as z from 'zod';
import { head, newestBlock, newestWithin, plainText, toldOneOf } from '../core/text.ts';
import { requireRunning } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, sessionName, writtenByOthers } from './fields.ts';
import { defineTool } from './services.ts';

// Of one message; a whole result should stay far below the 12 to 25 thousand characters that clients show.
const MAX_MESSAGE_CHARS = 4_000;
// Of OpenClaw's transcripts.
const ROLES = ['user', 'assistant', 'system', 'tool', 'toolResult', 'custom', 'unknown', 'other'];
const MAX_CHARS = 64_000;

export const readSession = defineTool({
  name: 'read_session',
  title: 'Read a session',
  description: 'Returns the newest messages of one conversation, oldest first. Get keys from list_sessions.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    session: sessionName.default('default').describe('Name as given to chat, or a key from list_sessions.'),
    limit: z.number().int().min(1).max(200).default(20).describe('Messages at most.'),
  }),
  output: z.object({
    from_others: fromOthers,
    machine_id: z.string(),
    session: z.string(),
    messages: z.array(z.object({ role: z.string(), text: z.string(), at: z.string().optional() })),
  }),
  async run({ machine_id, session, limit }, { services, signal }) {
    const id = await services.directory.resolve(machine_id, { signal });
    await requireRunning(services.machines, id, { signal });
    const page = await services.gateway.readSession(id, { session, limit, signal });
    const every = page.messages.map((m) => ({
      role: toldOneOf(ROLES, m.role, 'other'),
      text: head(plainText(m.text), MAX_MESSAGE_CHARS),
      ...(m.at !== undefined && { at: m.at }),
    }));
    const messages = newestWithin(every, MAX_CHARS);
    return {
      summary: `${messages.length} message(s) of this session on machine ${id}.`,
      data: { from_others: writtenByOthers('text'), machine_id: id, session, messages },
      foreign: [
        {
          label: 'transcript',
          text: newestBlock(
            messages.map((m) => `${m.role}: ${m.text}`),
            '\n\n',
          ),
        },
      ],
    };
  },
});
