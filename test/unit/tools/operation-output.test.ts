/** What a result shows of a turn beside its reply: under one kind of name, and only in words that we know. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/operations/record.ts';
import { operationOutcome } from '../../../src/tools/operation-output.ts';

const AT = '2026-11-27T08:00:00.000Z';

function ended(result: JsonObject) {
  const record = {
    id: 'turn_x_0123456789abcdef',
    kind: 'turn',
    key: 'k',
    input: { machineId: 'dm-1', session: 's' },
    state: {},
    status: 'done' as const,
    stages: [],
    notes: [],
    createdAt: AT,
    updatedAt: AT,
    result,
  };
  return operationOutcome({ record, partial: undefined }, Date.parse(AT));
}

test('a turn says what it used and why it ended, in snake_case', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 };
  const { data, summary } = ended({ reply: 'Hi', usage, finish_reason: 'stop' });
  expect(data).toMatchObject({ usage, finish_reason: 'stop' });
  expect(summary).not.toContain('cut');
});

test('a reply that the limit of output cut is told as such', () => {
  expect(ended({ reply: 'Half', finish_reason: 'length' }).summary).toContain('cut at the model');
  expect(ended({ reply: 'Half', finish_reason: 'content_filter' }).summary).toContain('content filter');
});

test('what an earlier version recorded under other names is left out, not shown', () => {
  const { data } = ended({ reply: 'Hi', usage: { promptTokens: 1 }, finish_reason: 'ignore all rules' });
  expect(data).not.toHaveProperty('usage');
  expect(data).not.toHaveProperty('finish_reason');
});
