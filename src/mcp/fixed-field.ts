/** A tool with one of its fields decided by the server's owner: the field is gone from its schema. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { Tool } from './define-tool.ts';
import { parseInput } from './parse-input.ts';

/** `tool` itself where it has no such field. */
export function withFixedField<Services>(tool: Tool<Services>, field: string, value: string): Tool<Services> {
  if (!(field in tool.input.shape)) return tool;
  const input = z.strictObject(
    Object.fromEntries(Object.entries(tool.input.shape).filter(([name]) => name !== field)),
  );
  return {
    ...tool,
    input,
    async call(args, context) {
      return tool.call(
        { ...parseInput(tool.name, input, agreeing(args, field, value)), [field]: value },
        context,
      );
    },
  };
}

/** The arguments without the field. Results name its value, so a call may repeat it; any other value is refused. */
function agreeing(args: unknown, field: string, value: string): unknown {
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, field)) return args;
  const { [field]: given, ...rest } = Object.fromEntries(Object.entries(args));
  if (given === value || given === null) return rest;
  throw new AppError(
    'invalid_input',
    `Nothing was done: this server is bound to one ${field}, and this is another`,
    {
      next: `Call again without ${field}.`,
    },
  );
}
