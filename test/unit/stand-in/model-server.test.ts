/** The stand-in model must be a provider that OpenClaw cannot tell from a real one, and honest to people. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type StandInModel,
  type StandInModelOptions,
  startStandInModel,
} from '../../../src/stand-in/model-server.ts';

let model: StandInModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function post(path: string, body: object, options: StandInModelOptions = {}): Promise<Response> {
  model ??= await startStandInModel(options);
  return fetch(`${model.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'sk-test' },
    body: JSON.stringify(body),
  });
}

const ask = (...messages: string[]) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 100,
  messages: messages.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
});

/** The text of a whole Messages API answer. */
async function textOf(response: Response): Promise<string> {
  const answer = (await response.json()) as { content: [{ text: string }] };
  return answer.content[0].text;
}

/** The `data` documents of an event stream. */
function events(stream: string): Record<string, unknown>[] {
  const lines = stream.split('\n').filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]');
  return lines.map((line) => JSON.parse(line.slice(6)));
}

describe('answers', () => {
  it('say that they are a stand-in and repeat the question', async () => {
    const answer = await post('/v1/messages', ask('My cat is called Whiskers'));
    expect(await answer.clone().json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
    });
    const text = await textOf(answer);
    expect(text).toContain('stand-in model of the demo, not a real one');
    expect(text).toContain('My cat is called Whiskers');
  });

  it('tell what was said earlier in the conversation when asked', async () => {
    const answer = await post(
      '/v1/messages',
      ask('My cat is Whiskers', 'Nice', 'What did I tell you first?'),
    );
    expect(await textOf(answer)).toContain('Earlier in this conversation you told me: "My cat is Whiskers"');
  });

  it('admit that nothing was said earlier when the conversation just began', async () => {
    const answer = await post('/v1/messages', ask('What did I tell you first?'));
    expect(await textOf(answer)).toContain('this is the first message');
  });

  it('leave out the time and the internal context that OpenClaw wraps around a message', async () => {
    await post('/v1/messages', {
      ...ask(),
      messages: [
        { role: 'user', content: [{ type: 'text', text: '[Fri 2026-11-20 14:40 UTC] [1] hello' }] },
        {
          role: 'user',
          content: '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nstate\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>',
        },
      ],
    });
    expect(model?.requests[0]).toMatchObject({ question: '[1] hello', apiKey: 'sk-test', stream: false });
  });

  it('are the same for the same conversation', async () => {
    const first = await textOf(await post('/v1/messages', ask('a', 'b', 'c')));
    expect(await textOf(await post('/v1/messages', ask('a', 'b', 'c')))).toBe(first);
  });
});

describe('streams', () => {
  const reply = () => 'one  two\nthree ';

  it('follow the order of the Messages API and add up to the reply', async () => {
    const answer = await post('/v1/messages', { ...ask('x'), stream: true }, { reply });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const all = events(await answer.text());
    const types = all.map((event) => event.type);
    expect([...new Set(types)]).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const deltas = all.filter((event) => event.type === 'content_block_delta');
    expect(deltas.map((event) => (event.delta as { text: string }).text).join('')).toBe(reply());
    expect(deltas.length).toBeGreaterThan(1);
  });

  it('of chat completions end with [DONE] and add up to the reply', async () => {
    const body = { model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: 'x' }] };
    const text = await (await post('/v1/chat/completions', body, { reply })).text();
    const deltas = events(text).map((event) => (event.choices as [{ delta: { content?: string } }])[0].delta);
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe(reply());
    expect(text.trimEnd()).toMatch(/data: \[DONE\]$/);
  });

  it('of responses number their events and close with the whole response', async () => {
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }];
    const answer = await post('/v1/responses', { model: 'gpt-5.5', stream: true, input }, { reply });
    const all = events(await answer.text());
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_, i) => i));
    expect(all.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', output: [{ content: [{ text: reply() }] }] },
    });
  });
});

describe('faults', () => {
  it('refuse with the status and shape of the provider', async () => {
    const fault = () =>
      ({ kind: 'status', status: 429, type: 'rate_limit_error', message: 'slow down' }) as const;
    const answer = await post('/v1/messages', ask('x'), { fault });
    expect(answer.status).toBe(429);
    expect(await answer.json()).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'slow down' },
    });
  });

  it('break a stream in the middle', async () => {
    const fault = () => ({ kind: 'mid_stream', type: 'overloaded_error', message: 'busy' }) as const;
    const answer = await post(
      '/v1/messages',
      { ...ask('x'), stream: true },
      { fault, reply: () => 'a b c d' },
    );
    const all = events(await answer.text());
    expect(all.filter((event) => event.type === 'content_block_delta')).toHaveLength(2);
    expect(all.at(-1)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  });

  it('wait as long as told before a slow reply, on the given clock', async () => {
    const slept: number[] = [];
    const clock = { now: () => 0, elapsed: () => 0, sleep: async (ms: number) => void slept.push(ms) };
    const answer = await post('/v1/messages', ask('x'), {
      fault: () => ({ kind: 'slow', ms: 90_000 }),
      clock,
    });
    expect(answer.status).toBe(200);
    expect(slept).toEqual([90_000]);
  });

  it('hang until the server closes', async () => {
    const hanging = post('/v1/messages', ask('x'), { fault: () => ({ kind: 'hang' }) });
    await expect.poll(() => model?.requests.length).toBe(1);
    await model?.close();
    model = undefined;
    await expect(hanging).rejects.toThrow();
  });
});

it('counts tokens and lists models, and refuses what no provider would accept', async () => {
  expect(await (await post('/v1/messages/count_tokens', ask('x'))).json()).toEqual({
    input_tokens: expect.any(Number),
  });
  const models = await fetch(`${model?.url}/v1/models`);
  expect(await models.text()).toContain('claude-sonnet-4-6');
  expect((await post('/v1/messages', { model: 'claude-sonnet-4-6' })).status).toBe(400);
  expect(model?.requests).toHaveLength(0);
});
