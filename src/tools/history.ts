/** history: who changed what from this computer, and how it ended. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { oneLine } from '../core/text.ts';
import type { Entry } from '../history/line.ts';
import { withEnds } from '../history/recorded-operations.ts';
import { fromOthers, machineId, quoted, writtenByOthers } from './fields.ts';
import { defineTool } from './services.ts';

const MAX_CHARS = 1_600;
const call = z.object({
  at: z.string(),
  client: z.string(),
  tool: z.string(),
  machine_id: z.string().optional(),
  arguments: z.string().describe('JSON; long texts cut, secrets masked.'),
  status: z
    .enum(['running', 'done', 'failed', 'cancelled'])
    .describe('running: or its end was never written.'),
  ended_at: z.string().optional(),
  error: z.string().optional(),
  operation_id: z.string().optional(),
});

export const history = defineTool({
  name: 'history',
  title: 'History of changes',
  description:
    'Lists every call from this computer that changed something, newest first: when, which client, tool, machine and arguments, how it ended.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional().describe('Only this machine.'),
    limit: z.number().int().min(1).max(100).default(20).describe('Calls at most.'),
    cursor: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'is no cursor of this list')
      .optional()
      .describe('next_cursor of the page before.'),
  }),
  output: z.object({
    from_others: fromOthers,
    calls: z.array(call),
    damaged_lines: z.number().describe('Lines of the log that could not be read.'),
    next_cursor: z.string().optional(),
  }),
  async run({ machine_id, limit, cursor }, { services }) {
    const { entries, damaged } = await services.history.read();
    const all =
      machine_id === undefined
        ? entries
        : (await withEnds(entries, services.operations)).filter(({ machine }) => machine === machine_id);
    const start = startOf(all, cursor);
    const page = await withEnds(all.slice(start, start + limit), services.operations);
    const next = start + limit < all.length ? page.at(-1)?.call : undefined;
    const calls = page.map(shown);
    const more = next === undefined ? '' : ` More with cursor "${next}".`;
    const unread = damaged === 0 ? '' : ` ${damaged} damaged line(s) of the log were left out.`;
    return {
      summary: `${calls.length} call(s) that changed something.${unread}${more}`,
      data: {
        from_others: writtenByOthers('calls'),
        calls,
        damaged_lines: damaged,
        ...(next !== undefined && { next_cursor: next }),
      },
      foreign: quoted('log of calls', calls.map(lineOf)),
    };
  },
});

function startOf(entries: readonly Entry[], cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const at = entries.findIndex((entry) => entry.call === cursor);
  if (at >= 0) return at + 1;
  throw new AppError('invalid_input', 'This cursor names no call of this list', {
    next: 'Call history without a cursor.',
  });
}

function shown({
  at,
  client,
  tool,
  machine,
  arguments: args,
  operation,
  ended,
}: Entry): z.output<typeof call> {
  return {
    at,
    client: short(client),
    tool: short(tool),
    ...(machine !== undefined && { machine_id: short(machine) }),
    arguments: short(args),
    status: ended?.status ?? 'running',
    ...(ended !== undefined && { ended_at: ended.at }),
    ...(ended?.error !== undefined && { error: short(ended.error) }),
    ...(operation !== undefined && { operation_id: operation }),
  };
}

function lineOf(entry: z.output<typeof call>): string {
  const { at, client, tool, machine_id: where, arguments: args, status, error, operation_id: id } = entry;
  return [at, client, tool, where, args, status, error, id].filter((part) => part !== undefined).join('  ');
}

const short = (text: string) => oneLine(text, MAX_CHARS);
