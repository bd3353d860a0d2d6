/** What a model pays and reads: the size of the tool list, a description for every parameter, and no silent change. */
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { instructionsFor } from '../../src/mcp/instructions.ts';
import { jsonSchema } from '../../src/mcp/json-schema.ts';
import { tools } from '../../src/tools/index.ts';

// Clients put tools aside once they take more than a few per cent of the context; peers spend 4,000 to 25,000.
const MAX_TOKENS = 3_400;
const MAX_INSTRUCTION_TOKENS = 300;
const inputShape = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
});

const seen = tools.map((tool) => ({
  name: tool.name,
  description: tool.description,
  inputSchema: jsonSchema(tool.input, 'input'),
}));

test('all tools together, as a model sees them, stay within the budget', () => {
  const cost = Object.fromEntries(seen.map((tool) => [tool.name, encode(JSON.stringify(tool)).length]));
  const total = Object.values(cost).reduce((sum, tokens) => sum + tokens, 0);
  expect(total, JSON.stringify(cost)).toBeLessThanOrEqual(MAX_TOKENS);
});

test.each([true, false])('the instructions stay within their budget (confirmation: %s)', (confirm) => {
  const instructions = instructionsFor({ readOnly: false, pinned: false, confirm });
  expect(encode(instructions).length).toBeLessThanOrEqual(MAX_INSTRUCTION_TOKENS);
});

describe.each(tools.map((tool) => ({ name: tool.name, tool })))('$name', ({ name, tool }) => {
  const input = jsonSchema(tool.input, 'input');
  const output = jsonSchema(tool.output, 'output');

  test('has a name that every client takes, and a description that none cuts', () => {
    expect(name).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
    expect(name.length).toBeLessThanOrEqual(37);
    expect(tool.title).not.toBe('');
    expect(tool.description.length).toBeLessThan(1024);
  });

  test('describes every parameter', () => {
    const silent = Object.entries(inputShape.parse(input).properties).filter(
      ([, field]) => !field.description,
    );
    expect(silent.map(([field]) => field)).toEqual([]);
  });

  test('refuses unknown parameters, and names no dialect that clients would refuse', () => {
    expect(input.additionalProperties).toBe(false);
    expect(JSON.stringify([input, output])).not.toContain('$schema');
  });

  test('changes its schema only on purpose: npm run docs', async () => {
    const contract = { name, annotations: tool.annotations, input, output };
    await expect(`${JSON.stringify(contract, null, 2)}\n`).toMatchFileSnapshot(`tool-schemas/${name}.json`);
  });
});
