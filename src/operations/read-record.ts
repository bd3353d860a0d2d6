/** Reads records of operations from their files. Anybody may have written those: each is read by a schema, and its sentences count as a stranger's. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { attempt } from '../core/errno.ts';
import { ERROR_CODES } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { oneWord } from '../core/text.ts';
import { type Json, type JsonObject, type OperationRecord, parseOperationId } from './record.ts';

const json: z.ZodType<Json> = z.json();
const object: z.ZodType<JsonObject> = z.record(z.string(), json);
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const word = z.string().transform(oneWord);

const schema = z.object({
  id: z.string(),
  kind: z.string(),
  key: z.string(),
  machineId: word.optional(),
  status: z.enum(['running', 'done', 'failed', 'cancelled']),
  unsettled: z.boolean().optional(),
  createdAt: time,
  updatedAt: time,
  stages: z.array(z.object({ name: word, startedAt: time, endedAt: time.optional() })),
  notes: z.array(z.string()),
  said: z.array(z.string()).optional(),
  input: object,
  state: object,
  result: object.optional(),
  error: z
    .object({
      code: z.enum(ERROR_CODES),
      message: z.string(),
      next: z.string().optional(),
      foreign: z.string().optional(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    })
    .optional(),
});

// What a process wrote itself it asks for again within minutes.
const REMEMBERED = 256;

export interface RecordReader {
  /** What is written for `record`. */
  text(record: OperationRecord): string;
  /** @returns undefined for what is no record of this id. */
  parse(id: string, text: string | undefined): OperationRecord | undefined;
}

/** Knows what this process has written, which alone is in its own words. */
export function recordReader(): RecordReader {
  const written = new Map<string, string>();
  return {
    text({ foreign: _, ...record }) {
      const text = JSON.stringify(record);
      written.delete(record.id);
      written.set(record.id, digest(text));
      for (const oldest of [...written.keys()].slice(0, -REMEMBERED)) written.delete(oldest);
      return text;
    },
    parse(id, text) {
      const record = text === undefined ? undefined : parsed(text);
      if (text === undefined || record?.id !== id || parseOperationId(id)?.kind !== record.kind)
        return undefined;
      return written.get(id) === digest(text) ? record : asForeign(record);
    },
  };
}

function asForeign(record: OperationRecord): OperationRecord {
  const said = [...(record.said ?? []), ...record.notes];
  return { ...record, notes: [], ...(said.length > 0 && { said }), foreign: true };
}

function parsed(text: string): OperationRecord | undefined {
  const { data } = schema.safeParse(parseJson(text));
  return data && attempt(() => withoutUndefined(withMachine(data)), undefined);
}

type Written = z.output<typeof schema>;

/** Earlier versions wrote into a deploy's state, or an operation's input, which machine it is about. */
function withMachine(data: Written): Written {
  const { id, input, result, machineId } = data;
  if (machineId !== undefined) return data;
  // Taken out: a deploy may come to have no machine, and must not be read as having this one then.
  const { machineId: ofState, ...state } = data.state;
  const known = [ofState, input.machineId, result?.machine_id, parseOperationId(id)?.machineId];
  const found = known.find((one) => typeof one === 'string');
  return { ...data, state, machineId: typeof found === 'string' ? oneWord(found) : undefined };
}

/** zod tells an absent field from an undefined one no more than JSON does; the record's type does. */
function withoutUndefined(data: Written): OperationRecord {
  return JSON.parse(JSON.stringify(data));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
