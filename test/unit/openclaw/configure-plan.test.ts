import { describe, expect, it } from 'vitest';
import { channelKeys } from '../../../src/openclaw/catalog/channels.ts';
import { patchOf } from '../../../src/openclaw/catalog/configure-paths.ts';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import { type ChangeWish, planChange } from '../../../src/openclaw/configure/plan.ts';

const env = {
  ANTHROPIC_API_KEY: 'sk-ant-plan-0123456789',
  XAI_API_KEY: 'xai-plan-0123456789',
  TELEGRAM_BOT_TOKEN: '42:telegram-plan-token',
  TELEGRAM_API_BASE_URL: 'http://127.0.0.1:4000/',
  SLACK_BOT_TOKEN: 'xoxb-plan-token',
};
const keys = { providers: providerKeys(env), channels: channelKeys(env) };

const config = {
  models: {
    providers: { anthropic: { baseUrl: 'https://api.anthropic.com', api: 'anthropic-messages', models: [] } },
  },
  agents: { defaults: { model: { primary: 'anthropic/claude-sonnet-4-6' } } },
};
const plan = (wish: ChangeWish, openclawVersion = '2026.9.6', before: object = config) =>
  planChange(wish, { openclawVersion, config: { ...before }, secretNames: ['gateway', 'anthropic'] }, keys);

describe('what a wish becomes', () => {
  it('a model is written, asked for at its provider with the key on the machine, and proved', () => {
    const made = plan({ model: 'anthropic/claude-opus-4-6' });
    expect(made.patch).toEqual({ agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6' } } } });
    expect(made.checks).toEqual([
      expect.objectContaining({
        url: 'https://api.anthropic.com/v1/messages',
        headers: expect.arrayContaining(['x-api-key: {{anthropic}}']),
      }),
    ]);
    expect(made).toMatchObject({ secrets: {}, hot: true, proveModel: true });
  });

  it('a model of a provider that the machine has no key for brings key and description along', () => {
    const made = plan({ model: 'xai/grok-4' });
    expect(made.secrets).toEqual({ xai: env.XAI_API_KEY });
    expect(made.patch).toMatchObject({
      models: { providers: { xai: { apiKey: { source: 'file', id: '/xai' }, models: [{ id: 'grok-4' }] } } },
    });
    expect(JSON.stringify([made.patch, made.checks])).not.toContain(env.XAI_API_KEY);
  });

  it('a key alone is tried with the model that answers now', () => {
    const made = plan({ providerKeys: ['ANTHROPIC_API_KEY'] });
    expect(made.secrets).toEqual({ anthropic: env.ANTHROPIC_API_KEY });
    expect(made.checks.map(({ subject }) => subject)).toEqual(['anthropic/claude-sonnet-4-6']);
  });

  it('an old release is changed by a restart, and no bare model call is asked of it', () => {
    expect(plan({ model: 'anthropic/claude-opus-4-6' }, '2026.3.24')).toMatchObject({
      hot: false,
      proveModel: false,
    });
  });

  it('Telegram is let in by pairing unless its owner has said otherwise, at the address that was redirected', () => {
    const made = plan({ channel: 'telegram' });
    expect(made.patch).toEqual({
      channels: {
        telegram: {
          enabled: true,
          dmPolicy: 'pairing',
          botToken: { source: 'file', provider: 'secrets_file', id: '/telegram' },
          apiRoot: 'http://127.0.0.1:4000',
        },
      },
    });
    expect(made.checks.map(({ url }) => url)).toEqual(['http://127.0.0.1:4000/bot{{telegram}}/getMe']);
    const own = { ...config, channels: { telegram: { dmPolicy: 'allowlist' } } };
    expect(JSON.stringify(plan({ channel: 'telegram' }, '2026.9.6', own).patch)).not.toContain('dmPolicy');
  });

  it.each<[string, ChangeWish, string]>([
    ['a provider without a key anywhere', { model: 'openai/gpt-5.4' }, 'OPENAI_API_KEY'],
    ['a variable of no provider', { providerKeys: ['DEDALUS_API_KEY'] }, 'Choose from ANTHROPIC_API_KEY'],
    ['a variable that is not set', { providerKeys: ['OPENAI_API_KEY'] }, 'Set OPENAI_API_KEY'],
    ['a channel with half of its tokens', { channel: 'slack' }, 'SLACK_APP_TOKEN'],
  ])('%s is refused with what to set', (_, wish, hint) => {
    expect(() => plan(wish)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('Nothing was changed') }),
    );
    expect(() => plan(wish)).toThrow(expect.objectContaining({ next: expect.stringContaining(hint) }));
  });
});

describe('settings by path', () => {
  it('become one merge patch', () => {
    const set = {
      'tools.exec.ask': 'always',
      'tools.exec.timeoutSec': 60,
      'channels.telegram.groups': null,
      'agents.defaults.compaction.maxHistoryTokens': 9,
    };
    expect(patchOf(set)).toEqual({
      tools: { exec: { ask: 'always', timeoutSec: 60 } },
      channels: { telegram: { groups: null } },
      agents: { defaults: { compaction: { maxHistoryTokens: 9 } } },
    });
  });

  it.each([
    ['gateway.bind', 'lan'],
    ['gateway.auth.mode', 'none'],
    ['gateway', {}],
    ['secrets.providers', {}],
    ['models.providers.anthropic.baseUrl', 'https://elsewhere.example'],
    ['channels.telegram.botToken', 'x'],
    ['channels', {}],
    ['tools.web.search.apiKey', 'x'],
    ['agents.defaults.model', 'a/b'],
    ['agents.defaults', { model: 'a/b' }],
    ['tools.__proto__.x', 1],
    ['tools.x', JSON.parse('{"__proto__": {"y": 1}}')],
    ['tools..x', 1],
  ])('%s is not changed this way', (path, value) => {
    expect(() => patchOf({ [path]: value })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('a key that is to go', () => {
  const present = {
    models: { providers: { ...config.models.providers, groq: { api: 'openai-completions', models: [] } } },
    agents: config.agents,
  };

  it.each(['-GROQ_API_KEY', '-groq'])(
    '%s leaves settings and secrets, and the gateway is started anew',
    (name) => {
      const made = plan({ providerKeys: [name] }, '2026.9.6', present);
      expect(made).toMatchObject({
        secrets: { groq: null },
        patch: { models: { providers: { groq: null } } },
        restart: true,
        checks: [],
      });
    },
  );

  it('stays while a model of its provider answers, unless another one is named in the same call', () => {
    expect(() => plan({ providerKeys: ['-ANTHROPIC_API_KEY'] })).toThrowError(
      expect.objectContaining({ code: 'invalid_input', next: expect.stringContaining('model') }),
    );
    const made = plan({ providerKeys: ['-ANTHROPIC_API_KEY'], model: 'xai/grok-4' });
    expect(made.secrets).toEqual({ anthropic: null, xai: env.XAI_API_KEY });
  });

  it('of a provider that nobody knows is refused with those that are known', () => {
    expect(() => plan({ providerKeys: ['-NOBODY_API_KEY'] })).toThrowError(
      expect.objectContaining({ code: 'invalid_input', next: expect.stringContaining('GROQ_API_KEY') }),
    );
  });
});

describe("a model server of one's own", () => {
  const own = { providers: providerKeys({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' }), channels: [] };
  const before = {
    models: {
      providers: {
        openai: {
          baseUrl: 'http://127.0.0.1:11434/v1',
          api: 'openai-completions',
          models: [{ id: 'a', contextWindow: 40_000, maxTokens: 4_000 }],
        },
      },
    },
  };

  it("keeps the models that are described when another one is chosen, with or without the server's own key", () => {
    const there = { openclawVersion: '2026.9.6', config: before, secretNames: ['gateway', 'openai'] };
    for (const providerKeys of [undefined, ['OPENAI_API_KEY']]) {
      const made = planChange({ model: 'openai/b', providerKeys }, there, own);
      const { models } = (made.patch as typeof before).models.providers.openai;
      expect(models.map(({ id }) => id)).toEqual(['b', 'a']);
      expect(made.checks[0]?.url).toBe('http://127.0.0.1:11434/v1/chat/completions');
    }
  });
});
