/** A price is known from the settings, then from what the provider's plugin lists, and of an address nearby from the settings alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPriced } from '../../../src/sidecar/spend/price.ts';

const cost = { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5 };
const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
const place = { home: '', port: 1 };
beforeAll(() => {
  place.home = mkdtempSync(join(tmpdir(), 'price-'));
  const plugin = join(place.home, '.openclaw-mcp/current/node_modules/openclaw/dist/extensions/anthropic');
  mkdirSync(plugin, { recursive: true });
  const anthropic = { models: [{ id: 'opus', cost }, { id: 'trial', cost: free }, { id: 'new' }] };
  const manifest = { modelCatalog: { providers: { anthropic } } };
  writeFileSync(join(plugin, 'openclaw.plugin.json'), JSON.stringify(manifest));
  mkdirSync(join(place.home, '.openclaw'));
});
afterAll(() => rmSync(place.home, { recursive: true, force: true }));

it.each([
  ['listed', 'anthropic/opus', {}, true],
  ['listed, by an address elsewhere', 'anthropic/opus', { baseUrl: 'https://proxy.example/v1' }, true],
  ['listed, by loopback', 'anthropic/opus', { baseUrl: 'http://127.0.0.1:4000' }, false],
  ['listed, by a home network', 'anthropic/opus', { baseUrl: 'https://me@192.168.1.7/v1' }, false],
  ['listed, by an address of IPv6', 'anthropic/opus', { baseUrl: 'http://[::1]:80/' }, false],
  ['listed without a price', 'anthropic/new', {}, false],
  ['listed as free', 'anthropic/trial', {}, false],
  ['not listed', 'anthropic/other', {}, false],
  ['of a provider without a plugin', 'mine/other', {}, false],
  ['priced by the person', 'mine/own', { baseUrl: 'http://127.0.0.1', models: [{ id: 'own', cost }] }, true],
  [
    'of a host that only begins like a near one',
    'anthropic/opus',
    { baseUrl: 'https://10.example.com' },
    true,
  ],
  ['of a host with a near word in it', 'anthropic/opus', { baseUrl: 'https://api.localai.io/v1' }, true],
  [
    'of an address of its own nearby',
    'anthropic/opus',
    { models: [{ id: 'opus', baseUrl: 'http://nas.local:1' }] },
    false,
  ],
  ['free by the person', 'anthropic/opus', { models: [{ id: 'opus', cost: free }] }, false],
  ['no name of a model', 'opus', {}, false],
  ['a name that leads elsewhere', '../anthropic/opus', {}, false],
])('%s', (_, model, provider, expected) => {
  const [name = ''] = model.split('/');
  const settings = { models: { providers: { [name]: provider } } };
  writeFileSync(join(place.home, '.openclaw/openclaw.json'), JSON.stringify(settings));
  expect(isPriced(place, model)).toBe(expected);
});

it.each([
  [free, cost, false],
  [cost, free, true],
])('what OpenClaw keeps beside the agent comes first: %j before %j', (kept, set, expected) => {
  const agent = join(place.home, '.openclaw/agents/main/agent');
  mkdirSync(agent, { recursive: true });
  const models = (of: object) => ({ anthropic: { models: [{ id: 'opus', cost: of }] } });
  writeFileSync(join(agent, 'models.json'), JSON.stringify({ providers: models(kept) }));
  const settings = { models: { providers: models(set) } };
  writeFileSync(join(place.home, '.openclaw/openclaw.json'), JSON.stringify(settings));
  expect(isPriced(place, 'anthropic/opus')).toBe(expected);
  rmSync(agent, { recursive: true });
});

it('of a model whose answers had no price, only a price that is set since counts', () => {
  const written = (provider: object) =>
    writeFileSync(
      join(place.home, '.openclaw/openclaw.json'),
      JSON.stringify({ models: { providers: { anthropic: provider } } }),
    );
  written({});
  expect(isPriced(place, 'anthropic/opus', { 'anthropic/opus': {} })).toBe(false);
  written({ models: [{ id: 'opus', cost }] });
  expect(isPriced(place, 'anthropic/opus', { 'anthropic/opus': {} })).toBe(true);
});
