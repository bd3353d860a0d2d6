/** openclaw.json: safe for every supported release, and free of secrets. */
import { expect, test } from 'vitest';
import { patchOf, undecided } from '../../../src/openclaw/catalog/configure-paths.ts';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import {
  openclawSettings,
  ownAutomationsNote,
  providerSecrets,
  settingsDemanded,
} from '../../../src/openclaw/catalog/settings.ts';

const ENV = {
  ANTHROPIC_API_KEY: 'sk-ant-secret-1',
  MISTRAL_API_KEY: 'mistral-secret-2',
  MISTRAL_BASE_URL: 'http://127.0.0.1:9/v1',
  OPENAI_API_KEY: '  ',
};
const providers = providerKeys(ENV);
const input = { home: '/home/machine', port: 18789, providers, model: undefined };
const settingsOf = (openclawVersion: string, model?: string) =>
  JSON.parse(openclawSettings({ ...input, openclawVersion, model }).text);

test('the providers are those whose keys are set, each with its own address where it is redirected', () => {
  expect(providers.map(({ provider, baseUrl }) => [provider.id, baseUrl])).toEqual([
    ['anthropic', undefined],
    ['mistral', 'http://127.0.0.1:9/v1'],
  ]);
});

test('no key is in the settings file, and every key is where the settings look for it', () => {
  const { text } = openclawSettings({ ...input, openclawVersion: '2026.9.6' });
  expect(text).not.toContain('secret-1');
  const settings = JSON.parse(text);
  expect(settings.secrets.providers.secrets_file.path).toBe('/home/machine/.openclaw/secrets.json');
  const secrets = providerSecrets(providers);
  for (const [id, entry] of Object.entries<{ apiKey: { id: string } }>(settings.models.providers)) {
    expect(entry.apiKey.id).toBe(`/${id}`);
    expect(secrets[id]).toMatch(/secret/);
  }
});

test('the gateway listens on loopback only, wants a token, and answers chats', () => {
  expect(settingsOf('2026.9.6').gateway).toMatchObject({
    bind: 'loopback',
    auth: { mode: 'token', token: { source: 'file', id: '/gateway' } },
    http: { endpoints: { chatCompletions: { enabled: true } } },
  });
});

test.each([
  ['2026.3.24', false, false],
  ['2026.7.1', true, false],
  ['2026.9.6', true, true],
])('%s gets only the keys that its schema knows', (version, utilityModel, marker) => {
  const settings = settingsOf(version);
  expect('utilityModel' in settings.agents.defaults).toBe(utilityModel);
  expect('meta' in settings).toBe(marker);
});

test.each([
  ['2026.3.24', false],
  ['2026.7.35', false],
  ['2026.8.1', true],
  ['2026.9.6', true],
])(
  '%s has its own automations that spend switched off where it has any, also after an upgrade',
  (version, has) => {
    const off = {
      plugins: { entries: { 'memory-core': { config: { dreaming: { enabled: false } } } } },
      skills: { workshop: { autonomous: { mode: 'off' } } },
    };
    for (const settings of [settingsOf(version), settingsDemanded(version)]) {
      if (has) expect(settings).toMatchObject(off);
      else expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(['skills']));
    }
    expect(ownAutomationsNote(version) !== undefined).toBe(has);
  },
);

test('a person who asks for them switches them on', () => {
  const set = {
    'plugins.entries.memory-core.config.dreaming.enabled': true,
    'skills.workshop.autonomous.mode': 'auto',
  };
  expect(patchOf(set)).toEqual({
    plugins: { entries: { 'memory-core': { config: { dreaming: { enabled: true } } } } },
    skills: { workshop: { autonomous: { mode: 'auto' } } },
  });
  expect(undecided(set, [])).toEqual([]);
  expect(() => patchOf({ 'plugins.entries.memory-core.enabled': false })).toThrow('cannot be set');
});

test("a provider whose catalogue is not in every release is described whole, with the user's own model", () => {
  const { providers: entries } = settingsOf('2026.9.6', 'mistral/codestral-latest').models;
  expect(entries.mistral.models).toEqual([
    expect.objectContaining({ id: 'codestral-latest', maxTokens: 16_384 }),
  ]);
  expect(entries.anthropic.models).toEqual([]);
});

test('a model of a provider without a key is refused, with those that can be had', () => {
  expect(() => settingsOf('2026.9.6', 'openai/gpt-5.4')).toThrowError(
    expect.objectContaining({ code: 'invalid_input', next: expect.stringContaining('anthropic/') }),
  );
});
