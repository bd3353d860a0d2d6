/** A question to a person ends, whatever the client does with it. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { personBehind } from '../../../src/mcp/ask-person.ts';

const QUESTION = { message: 'Destroy it?', consent: 'Yes, destroy it' };
const NEVER = new Promise<ElicitResult>(() => {});

async function asking(person: (() => Promise<ElicitResult>) | undefined, timeoutMs = 5_000) {
  const server = new Server({ name: 'server', version: '1' }, { capabilities: {} });
  const capabilities = person === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'client', version: '1' }, { capabilities });
  const asked: unknown[] = [];
  if (person) {
    client.setRequestHandler(ElicitRequestSchema, (request) => {
      asked.push(request.params);
      return person();
    });
  }
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(near), client.connect(far)]);
  return { ask: personBehind(server, timeoutMs), asked };
}

it('is not asked where the client cannot ask people', async () => {
  expect((await asking(undefined)).ask).toBeUndefined();
});

it('asks for one tick, in our words', async () => {
  const { ask, asked } = await asking(async () => ({ action: 'accept', content: { consent: true } }));
  expect(await ask?.(QUESTION, { signal: new AbortController().signal })).toBe('agreed');
  expect(asked).toEqual([
    expect.objectContaining({
      message: 'Destroy it?',
      requestedSchema: expect.objectContaining({ required: ['consent'] }),
    }),
  ]);
});

it('a client that hangs costs no more than the time given, and is no consent', async () => {
  const { ask } = await asking(() => NEVER, 30);
  expect(await ask?.(QUESTION, { signal: new AbortController().signal })).toBe('unanswered');
});

it('a call that is given up ends the question, and is no consent', async () => {
  const { ask, asked } = await asking(() => NEVER);
  const call = new AbortController();
  const answer = ask?.(QUESTION, { signal: call.signal });
  await expect.poll(() => asked.length).toBe(1);
  call.abort();
  expect(await answer).toBe('unanswered');
});

it.each<[string, () => Promise<ElicitResult>]>([
  ['fails', () => Promise.reject(new Error('no window'))],
  ['sends something else', async () => ({ action: 'accept', content: { consent: 'yes' } })],
])('a client that %s is no consent', async (_, person) => {
  const { ask } = await asking(person);
  expect(await ask?.(QUESTION, { signal: new AbortController().signal })).toBe('unanswered');
});
