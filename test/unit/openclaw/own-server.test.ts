/** A model server of one's own: set up by its address alone, asked before anything is paid for, described to OpenClaw. */
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { askOwnServer, ownKey } from '../../../src/openclaw/ask-own-server.ts';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import { openclawSettings } from '../../../src/openclaw/catalog/settings.ts';
import { type StandInModel, startStandInModel } from '../../../src/stand-in/model-server.ts';

const URL_OF_ONE = 'http://127.0.0.1:11434/v1';
let server: StandInModel | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function settingsOf(env: Record<string, string>, model?: string) {
  const input = { openclawVersion: '2026.9.6', home: '/home/machine', port: 18789, model };
  return JSON.parse(openclawSettings({ ...input, providers: providerKeys(env) }).text);
}

describe('its set-up', () => {
  test('an address that is not OpenAI speaks chat completions and needs no key', () => {
    const { models, agents } = settingsOf({ OPENAI_BASE_URL: URL_OF_ONE }, 'openai/qwen3:8b');
    expect(agents.defaults.model.primary).toBe('openai/qwen3:8b');
    expect(models.providers.openai).toMatchObject({
      baseUrl: URL_OF_ONE,
      api: 'openai-completions',
      models: [{ id: 'qwen3:8b', contextWindow: 131_072, maxTokens: 8_192 }],
    });
  });

  test.each([
    ['OpenAI itself', {}, 'openai-responses'],
    ['OpenAI in a region', { OPENAI_BASE_URL: 'https://eu.api.openai.com/v1' }, 'openai-responses'],
    ['a gateway', { OPENAI_BASE_URL: 'https://llm.example.com/v1' }, 'openai-completions'],
    [
      'a gateway that speaks responses',
      { OPENAI_BASE_URL: 'https://llm.example.com/v1', OPENAI_WIRE_API: 'responses' },
      'openai-responses',
    ],
    ['a name in disguise', { OPENAI_BASE_URL: 'https://openai.com.example.org/v1' }, 'openai-completions'],
  ])('%s', (_name, env, api) => {
    const all = { OPENAI_API_KEY: 'sk-test-key-0123456789', ...env };
    expect(settingsOf(all, 'openai/gpt-5.4').models.providers.openai.api).toBe(api);
  });

  test('its model and context size are settings', () => {
    const env = { OPENAI_BASE_URL: URL_OF_ONE, OPENAI_MODEL: 'llama3.3', OPENAI_CONTEXT_WINDOW: '32768' };
    const { models, agents } = settingsOf(env);
    expect(agents.defaults.model.primary).toBe('openai/llama3.3');
    expect(models.providers.openai.models).toEqual([
      expect.objectContaining({ id: 'llama3.3', contextWindow: 32_768, maxTokens: 8_192 }),
    ]);
  });

  test.each([
    [{}, ['text']],
    [{ OPENAI_IMAGES: 'yes' }, ['text', 'image']],
  ])('with %j its models read %j', (env, input) => {
    const { models } = settingsOf({ OPENAI_BASE_URL: URL_OF_ONE, OPENAI_MODEL: 'llava', ...env });
    expect(models.providers.openai.models).toEqual([expect.objectContaining({ id: 'llava', input })]);
  });
});

describe('asked beforehand', () => {
  const ask = (baseUrl: string, wanted?: string, env: Record<string, string> = {}) => {
    const key = ownKey(providerKeys({ OPENAI_BASE_URL: baseUrl, ...env }));
    if (!key) throw new Error('no server of its own');
    return askOwnServer({ clock: systemClock, fetch }, key, wanted, undefined);
  };

  test('one that lists models and speaks only chat completions is proved by one small call', async () => {
    server = await startStandInModel({
      speaks: ['openai-completions'],
      models: [{ id: 'nomic-embed-text' }, { id: 'qwen3:8b', max_model_len: 40_960 }],
    });
    const asked = await ask(`${server.url}/v1`);
    expect(asked).toEqual({
      model: 'qwen3:8b',
      state: 'proved',
      models: [{ id: 'nomic-embed-text' }, { id: 'qwen3:8b', contextWindow: 40_960 }],
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ api: 'openai-completions', model: 'qwen3:8b' });
  });

  test('an address without the /v1 is told as that, and not as a server that lists nothing', async () => {
    server = await startStandInModel({ speaks: ['openai-completions'], models: [{ id: 'qwen3:8b' }] });
    await expect(ask(server.url)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/No list of models comes from GET http:.*\/models \(HTTP 404\)/),
      next: expect.stringContaining('mostly in /v1'),
    });
  });

  test('a server that is not running is told as that', async () => {
    server = await startStandInModel({});
    const { url } = server;
    await server.close();
    server = undefined;
    await expect(ask(`${url}/v1`)).rejects.toMatchObject({
      message: expect.stringContaining(`Nothing answers at GET ${url}/v1/models`),
      next: expect.stringContaining('Start the server'),
    });
  });

  test('a model that it does not list is refused, with some that it does', async () => {
    server = await startStandInModel({ speaks: ['openai-completions'], models: [{ id: 'qwen3:8b' }] });
    await expect(ask(`${server.url}/v1`, 'gpt-5.4')).rejects.toMatchObject({
      code: 'invalid_input',
      next: expect.stringContaining('openai/qwen3:8b'),
    });
    expect(server.requests).toHaveLength(0);
  });

  test('where it lists none, the model that a person names is taken, and without a name one is asked for', async () => {
    server = await startStandInModel({ speaks: ['openai-completions'], models: [] });
    expect(await ask(`${server.url}/v1`, 'any/thing')).toMatchObject({ model: 'any/thing', state: 'proved' });
    await expect(ask(`${server.url}/v1`)).rejects.toMatchObject({
      code: 'config',
      next: expect.stringContaining('OPENAI_MODEL'),
    });
  });

  test.each([
    ['a path too few', ''],
    ['a path too many', '/v1/chat/completions'],
  ])('an address with %s is named whole, and what would be right', async (_name, path) => {
    server = await startStandInModel({ speaks: ['openai-completions'] });
    await expect(ask(`${server.url}${path}`, 'qwen3:8b')).rejects.toMatchObject({
      code: 'provider',
      message: expect.stringContaining(`${server.url}${path}/chat/completions`),
      next: expect.stringContaining('OPENAI_BASE_URL'),
    });
  });

  test('the wrong interface is told with the setting that chooses the other', async () => {
    server = await startStandInModel({ speaks: ['openai-completions'] });
    const asked = ask(`${server.url}/v1`, 'claude-sonnet-4-6', { OPENAI_WIRE_API: 'responses' });
    await expect(asked).rejects.toMatchObject({
      message: expect.stringContaining('/v1/responses'),
      next: expect.stringContaining('OPENAI_WIRE_API to chat'),
    });
  });

  test('what cannot be reached from here is not known, and no reason to refuse', async () => {
    expect(await ask('http://127.0.0.1:1/v1', 'qwen3:8b')).toMatchObject({ state: 'unproved', models: [] });
  });
});
