/** One line of the log of calls. A file is whatever somebody left there: each line is read by this schema, and is a stranger's text. */
import * as z from 'zod';

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const callId = z.string().regex(/^[0-9a-f]{16}$/);
const operation = z.string().regex(/^[A-Za-z0-9_-]{1,160}$/);
const word = z.string().max(400);

const ending = z.object({
  at: time,
  status: z.enum(['done', 'failed', 'cancelled']),
  machine: word.optional(),
  error: z.string().max(1_000).optional(),
});

export const line = z.discriminatedUnion('is', [
  /** Written before anything is changed. */
  z.object({
    is: z.literal('begun'),
    call: callId,
    at: time,
    client: word,
    tool: word,
    machine: word.optional(),
    arguments: z.string().max(4_000),
  }),
  /** The call goes on as this operation, whose end is its own. */
  z.object({ is: z.literal('operation'), call: callId, operation }),
  /** It was refused before it changed anything, or joined what runs already: as if it had never begun. */
  z.object({ is: z.literal('nothing'), call: callId }),
  ending.extend({ is: z.literal('call_ended'), call: callId }),
  ending.extend({ is: z.literal('operation_ended'), operation }),
]);
export type Line = z.output<typeof line>;
export type Ending = z.output<typeof ending>;

/** One call that changed something, or was about to. */
export interface Entry {
  call: string;
  at: string;
  client: string;
  tool: string;
  machine?: string | undefined;
  arguments: string;
  operation?: string | undefined;
  /** Undefined while it runs, and where its end was never written. */
  ended?: Ending | undefined;
}

/** What the lines, oldest first, say together: newest first. */
export function entriesOf(lines: readonly Line[]): Entry[] {
  const entries = new Map<string, Entry>();
  const ends = new Map<string, Ending>();
  for (const one of lines) {
    if (one.is === 'begun') {
      const { is: _, ...entry } = one;
      entries.set(one.call, entry);
    } else if (one.is === 'nothing') entries.delete(one.call);
    else if (one.is === 'operation_ended') ends.set(one.operation, endingOf(one));
    else {
      const entry = entries.get(one.call);
      if (entry === undefined) continue;
      if (one.is === 'operation') entry.operation = one.operation;
      else entry.ended = endingOf(one);
    }
  }
  return [...entries.values()].reverse().map((entry) => withEnd(entry, ends.get(entry.operation ?? '')));
}

/** An entry whose end was read elsewhere. */
export function withEnd(entry: Entry, ended: Ending | undefined): Entry {
  if (ended === undefined) return entry;
  return { ...entry, machine: entry.machine ?? ended.machine, ended };
}

function endingOf({ at, status, machine, error }: Ending): Ending {
  return { at, status, ...(machine !== undefined && { machine }), ...(error !== undefined && { error }) };
}
