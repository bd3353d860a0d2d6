/** A model server that speaks only chat completions and needs no key, and a key that its owner took away, through the tools. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let server: StandInModel;
let gone = false;

beforeAll(async () => {
  server = await startStandInModel({
    speaks: ['openai-completions'],
    models: [{ id: 'qwen3:8b' }, { id: 'llama3.3' }],
    fault: () => (gone ? { kind: 'status', status: 404, type: 'x', message: 'page not found' } : undefined),
  });
  lab = await startLab();
  agent = await lab.connect({
    ANTHROPIC_API_KEY: undefined,
    ANTHROPIC_BASE_URL: undefined,
    OPENAI_BASE_URL: `${server.url}/v1`,
    GROQ_API_KEY: 'gsk_0123456789abcdef0123',
  });
});

afterAll(async () => {
  await server.close();
  await lab.close();
});

it('deploys by its address alone, and answers with the first model that it lists', async () => {
  const { data } = await agent.finish('deploy_openclaw');
  expect(data).toMatchObject({ status: 'ready', model: 'openai/qwen3:8b' });
  const { data: turn } = await agent.finish('chat', { message: 'Hello there' });
  expect(turn).toMatchObject({ status: 'done', reply: expect.stringContaining('Hello there') });
  expect(server.requests.at(-1)).toMatchObject({ api: 'openai-completions', model: 'qwen3:8b' });
}, 300_000);

it('takes any other model that it lists', async () => {
  const { data } = await agent.finish('configure_openclaw', { model: 'openai/llama3.3' });
  expect(data).toMatchObject({ status: 'done', model: 'openai/llama3.3' });
  await agent.finish('chat', { message: 'Hello again' });
  expect(server.requests.at(-1)).toMatchObject({ model: 'llama3.3' });
}, 300_000);

it('names address and path where it answers 404, and never says that a model is not offered', async () => {
  gone = true;
  const { data, texts } = await agent.finish('chat', { message: 'Hello?' });
  gone = false;
  expect(data).toMatchObject({ status: 'failed', error: { code: 'provider' } });
  expect(texts.join()).toContain(`${server.url}/v1/chat/completions`);
  expect(texts.join()).toContain('page not found');
  expect(texts.join()).not.toMatch(/does not (?:offer|know) this model/);
}, 300_000);

it('a key that is no longer here is told, and removed on request', async () => {
  const later = await lab.connect({
    ANTHROPIC_API_KEY: undefined,
    ANTHROPIC_BASE_URL: undefined,
    OPENAI_BASE_URL: `${server.url}/v1`,
  });
  const before = await later.call('gateway_status');
  expect(before.data.posture).toContainEqual(
    expect.objectContaining({
      name: 'provider_keys',
      state: 'warning',
      detail: expect.stringContaining('groq'),
    }),
  );
  const { data } = await later.finish('configure_openclaw', { provider_keys: ['-GROQ_API_KEY'] });
  expect(data).toMatchObject({ status: 'done', applied: 'restart' });
  const after = await later.call('gateway_status');
  expect(after.data).toMatchObject({ working: true });
  expect(after.data.posture).toContainEqual(expect.objectContaining({ name: 'provider_keys', state: 'ok' }));
  const { data: turn } = await later.finish('chat', { message: 'Still there?' });
  expect(turn).toMatchObject({ status: 'done' });
}, 300_000);
