/** read_logs: the newest lines of the gateway's own log, also when the gateway is down. */
import * as z from 'zod';
import { head, newestBlock, newestWithin, plainText } from '../core/text.ts';
import { requireRunning } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, writtenByOthers } from './fields.ts';
import { defineTool } from './services.ts';

const MAX_LINE_CHARS = 600;
const MAX_WORD_CHARS = 80;
const MAX_CHARS = 64_000;

export const readLogs = defineTool({
  name: 'read_logs',
  title: 'Read logs',
  description:
    "Returns the newest lines of the gateway's log, oldest first; works while the gateway is down.",
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    lines: z.number().int().min(1).max(500).default(50).describe('Lines at most.'),
    contains: z.string().min(1).max(200).optional().describe('Only lines with this text.'),
    level: z.enum(['debug', 'info', 'warn', 'error']).optional().describe('This level and above.'),
  }),
  output: z.object({
    from_others: fromOthers,
    machine_id: z.string(),
    lines: z.array(
      z.object({
        at: z.string().optional(),
        level: z.string().optional(),
        subsystem: z.string().optional(),
        text: z.string(),
      }),
    ),
    truncated: z.boolean().describe('Whether older lines were left out.'),
  }),
  async run({ machine_id, lines, contains, level }, { services, signal }) {
    const id = await services.directory.resolve(machine_id, { signal });
    await requireRunning(services.machines, id, { signal });
    const log = await services.gateway.readLogs(id, { lines, contains, level, signal });
    const every = log.lines.map((line) => ({
      at: line.at,
      level: line.level?.slice(0, MAX_WORD_CHARS),
      subsystem: line.subsystem?.slice(0, MAX_WORD_CHARS),
      text: head(plainText(line.text), MAX_LINE_CHARS),
    }));
    const clean = newestWithin(every, MAX_CHARS);
    const truncated = log.truncated || clean.length < every.length;
    const text = newestBlock(
      clean.map((l) => [l.at, l.level, l.subsystem, l.text].filter(Boolean).join(' ')),
      '\n',
    );
    return {
      summary: `${clean.length} log line(s) of machine ${id}${truncated ? '; older ones were left out' : ''}.`,
      data: { from_others: writtenByOthers('subsystem', 'text'), machine_id: id, lines: clean, truncated },
      foreign: clean.length === 0 ? [] : [{ label: 'log', text }],
    };
  },
});
