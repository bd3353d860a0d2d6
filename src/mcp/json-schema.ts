/** JSON schemas as clients want them: small, and without the dialect line that some of them refuse. */
import * as z from 'zod';

/** @param io whether defaults count as optional (input) or as always there (output). */
export function jsonSchema(
  schema: z.ZodObject,
  io: 'input' | 'output',
): { type: 'object'; [key: string]: unknown } {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: drop });
  return { ...rest, type: 'object' };
}

// Checked by the server all the same, and then explained in words; listed, they were a fifth of what a model reads.
const UNLISTED = ['pattern', 'minLength', 'maxLength', 'propertyNames'] as const;

function drop({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  for (const keyword of UNLISTED) delete jsonSchema[keyword];
  // zod writes the bounds of JavaScript's integers on every integer; a model reads them as limits of the tool.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
