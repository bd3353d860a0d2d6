import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
/** Of every answer of the model. */
let pauseMs = 0;
beforeAll(async () => {
  lab = await startLab({
    model: {
      fault: ({ apiKey, model, question }) => {
        if (apiKey !== PROVIDER_KEY)
          return { kind: 'status', status: 401, type: 'authentication_error', message: 'invalid x-api-key' };
        if (model === 'claude-2')
          return { kind: 'status', status: 404, type: 'not_found_error', message: `model: ${model}` };
        // Only through the gateway: the question before it says "hi".
        if (model === 'claude-haiku-4-5' && question.includes('Reply with: ok'))
          return { kind: 'status', status: 401, type: 'authentication_error', message: 'not through here' };
        return pauseMs === 0 ? undefined : { kind: 'slow', ms: pauseMs };
      },
    },
  });
  agent = await lab.connect();
  await agent.finish('deploy_openclaw');
}, 300_000);
afterAll(() => lab.close());

const lastModel = () => lab.model.requests.at(-1)?.model;

it('changes the model while the gateway runs, having asked the provider first and the gateway last', async () => {
  const { data } = await agent.finish('configure_openclaw', {
    model: 'anthropic/claude-opus-4-6',
    set: { 'tools.exec.ask': 'always' },
  });
  expect(data).toMatchObject({ status: 'done', applied: 'hot', model: 'anthropic/claude-opus-4-6' });
  expect(lab.model.requests.map(({ bodyLength }) => bodyLength < 500)).toEqual([true, true]);
  await agent.finish('chat', { message: 'hello' });
  expect(lastModel()).toBe('claude-opus-4-6');
});

it("a key that the provider refuses is told in the provider's words, and changes nothing", async () => {
  const other = await lab.connect({ ANTHROPIC_API_KEY: 'sk-ant-wrong-0123456789abcdef' });
  const { data, texts } = await other.finish('configure_openclaw', { provider_keys: ['ANTHROPIC_API_KEY'] });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'provider' } });
  expect(texts.join('\n')).toContain('invalid x-api-key');
  expect(texts.join('\n')).not.toContain('sk-ant-wrong');
  expect((await agent.finish('chat', { message: 'still there?' })).data.status).toBe('done');
});

it('a server without the key that looks at a change says so, and the one that began it goes on', async () => {
  const asked = lab.model.requests.length;
  pauseMs = 2_000;
  const wish = { provider_keys: ['ANTHROPIC_API_KEY'], wait_seconds: 0 };
  const { operation_id } = (await agent.call('configure_openclaw', wish)).data;
  await expect.poll(() => lab.model.requests.length).toBeGreaterThan(asked);
  const keyless = await lab.connect({ ANTHROPIC_API_KEY: undefined });
  const seen = await keyless.call('get_operation', { operation_id });
  pauseMs = 0;
  expect(seen).toMatchObject({ isError: true, texts: [expect.stringContaining('Set ANTHROPIC_API_KEY')] });
  expect((await agent.finish('get_operation', { operation_id })).data).toMatchObject({ status: 'done' });
});

it('a model that the provider does not have is refused before anything is written', async () => {
  const { data, texts } = await agent.finish('configure_openclaw', { model: 'anthropic/claude-2' });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'provider' } });
  expect(texts[0]).toContain('answered 404');
  expect(texts.join()).toContain('/v1/messages');
});

it('a model that only the gateway cannot use is undone, and the one before answers again', async () => {
  const { data, texts } = await agent.finish('configure_openclaw', { model: 'anthropic/claude-haiku-4-5' });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'provider' } });
  expect(texts[0]).toContain('put back');
  expect(texts.join('\n')).toContain('not through here');
  await agent.finish('chat', { message: 'hello again' });
  expect(lastModel()).toBe('claude-opus-4-6');
});

it('shows the settings without a secret, and the channels', async () => {
  const { data } = await agent.finish('configure_openclaw');
  expect(data).toMatchObject({
    model: 'anthropic/claude-opus-4-6',
    channels: [],
    pending: [],
  });
  expect(JSON.parse(String(data.settings))).toMatchObject({
    providers: ['anthropic'],
    secrets_set: ['anthropic'],
    tools: { exec: { ask: 'always' } },
  });
  expect(JSON.stringify(data)).not.toContain(PROVIDER_KEY);
});

it('a deploy of the same name keeps what was changed since', async () => {
  expect((await agent.finish('deploy_openclaw')).data).toMatchObject({ model: 'anthropic/claude-opus-4-6' });
  const { data } = await agent.finish('configure_openclaw');
  expect(JSON.parse(String(data.settings))).toMatchObject({ tools: { exec: { ask: 'always' } } });
});

it('a setting that guards the assistant is not changed', async () => {
  const refused = await agent.call('configure_openclaw', { set: { 'gateway.bind': 'lan' } });
  expect(refused.isError).toBe(true);
  expect(refused.texts[0]).toContain('Nothing was changed');
});

it('a channel without its token says which variable is missing', async () => {
  const { isError, texts } = await agent.call('configure_openclaw', { channel: 'telegram' });
  expect(isError).toBe(true);
  expect(texts[0]).toContain('TELEGRAM_BOT_TOKEN');
});

it('changes autosleep and size without waking anything', async () => {
  await agent.finish('sleep_machine');
  const { data } = await agent.finish('configure_openclaw', { autosleep: 'never', memory_mib: 8192 });
  expect(data.status).toBe('done');
  expect((await agent.call('list_machines')).data).toMatchObject({
    machines: [{ phase: 'sleeping', memory_mib: 8192, autosleep_seconds: 0 }],
  });
});

it('an answer that was given is not given again by the server that goes on, nor called refused', async () => {
  const other = await lab.connect();
  const begun = other.call('configure_openclaw', { approve: ['telegram:ABCD1234'] });
  const { operations } = agent.assembled.services;
  const stages = async () => (await operations.list('running'))[0]?.stages.map(({ name }) => name);
  await expect.poll(stages, { interval: 2 }).toContain('look');
  other.assembled.close();
  const { operation_id } = (await begun).data;
  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'done', answers: [{ id: 'telegram:ABCD1234', accepted: true }] });
}, 300_000);
