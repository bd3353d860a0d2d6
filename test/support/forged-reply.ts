/** Replies that a machine may give within the protocol's own schemas, with a word of its own wherever text is allowed. */
import * as z from 'zod';
import type { CommandName } from '../../src/sidecar/protocol.ts';
import { PROTOCOL } from '../../src/sidecar/schemas.ts';
import { WORD } from './hostile-words.ts';

/** How bad it is: which text, which number, how many of everything, and which of several forms. */
export interface Malice {
  text: string;
  number: number;
  count: number;
  /** Of what may be left out, and of choices. */
  pick: number;
}

// What a grammar may still take where the worst is refused.
const TAMER = [`${WORD}`, `agent:main:${WORD}`, `/x/${WORD}`, 'a'.repeat(64), '1', '2026-11-27', ''];

export const forgedReply = (command: CommandName, malice: Malice): unknown =>
  forged(PROTOCOL[command].reply, malice);

const shape = z.object({
  type: z.string(),
  shape: z.record(z.string(), z.unknown()).optional(),
  element: z.unknown().optional(),
  innerType: z.unknown().optional(),
  valueType: z.unknown().optional(),
  keyType: z.unknown().optional(),
  options: z.array(z.unknown()).optional(),
  entries: z.record(z.string(), z.unknown()).optional(),
  values: z.array(z.unknown()).optional(),
  left: z.unknown().optional(),
  right: z.unknown().optional(),
});

function forged(schema: unknown, malice: Malice): unknown {
  if (!(schema instanceof z.core.$ZodType)) return undefined;
  const def = shape.parse({ ...schema._zod.def });
  const inner = () => forged(def.innerType, malice);
  const chosen = (of: unknown[]) => of[malice.pick % of.length];
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape ?? {}).map(([name, one]) => [name, forged(one, malice)]),
      );
    case 'array':
      return Array.from({ length: malice.count }, () => forged(def.element, malice));
    case 'record':
      return { [String(forged(def.keyType, malice))]: forged(def.valueType, malice), __proto__x: 1 };
    case 'string':
      return [malice.text, ...TAMER].find((text) => z.core.safeParse(schema, text).success);
    case 'number':
      return [malice.number, 9e15, 1, 0].find((number) => z.core.safeParse(schema, number).success);
    case 'boolean':
      return malice.pick % 2 === 0;
    case 'enum':
      return chosen(Object.values(def.entries ?? {}));
    case 'literal':
      return chosen(def.values ?? []);
    case 'union':
      return forged(chosen(def.options ?? []), malice);
    case 'nullable':
      return malice.pick % 3 === 2 ? null : inner();
    case 'unknown':
    case 'any':
      return { [malice.text]: [malice.text, { [malice.text]: malice.number }] };
    default:
      return inner();
  }
}
