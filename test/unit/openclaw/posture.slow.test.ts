/** How exposed a gateway is, as the machine itself tells it, and a token that is changed for good. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookService } from '../../../src/openclaw/look/look.ts';
import { type PostureService, postureService } from '../../../src/openclaw/look/posture.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture } from './deployed.ts';

let registry: FakeRegistry;
let on: Fixture;
let service: PostureService;
beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
  on = await fixture({ npmRegistry: registry.url, nodeMirror: `${registry.url}/dist` });
  service = postureService(on.machine);
  expect(await exposure()).toBeUndefined();
  expect((await on.deploy('op-1')).state).toBe('done');
});
afterAll(async () => {
  await on.machine.remove();
  await registry.close();
});

const file = (...path: string[]) => join(on.machine.home, ...path);
const exposure = async () => (await lookService(on.machine).look('m', false)).posture;
const secrets = async () => JSON.parse(await readFile(file('.openclaw', 'secrets.json'), 'utf8'));
const statusWith = async (token: string) => {
  const url = `http://127.0.0.1:${on.machine.env.OPENCLAW_GATEWAY_PORT}/v1/models`;
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
};

test('a fresh deploy has nothing that could be better', async () => {
  expect(await exposure()).toEqual({
    exposure: {
      settings: 'read',
      ...{ bind: 'loopback', auth_mode: 'token', token_in_settings: 'no', token_chars: 64 },
      // The provider's own address, which the deploy wrote.
      brought: [
        { kind: 'address', path: 'models.providers.anthropic.baseUrl', value: 'https://api.anthropic.com' },
      ],
      gateway: { events: [], fresh: 0, lately: 0 },
    },
    gateway: { events: [], fresh: 0, lately: 0 },
    listens: 'loopback',
    state_mode: '700',
    mcp_mode: '700',
    audit: undefined,
  });
});

test('a rotated token is new, kept private, and the old one is refused', async () => {
  const before = await secrets();
  await service.rotateToken('m');
  const after = await secrets();
  expect(after).toEqual({ ...before, gateway: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(after.gateway).not.toBe(before.gateway);
  expect(await statusWith(before.gateway)).toBe(401);
  expect(await statusWith(after.gateway)).toBe(200);
  expect(await on.openclaw.probe('m')).toMatchObject({ ready: 'yes', authenticated: 'yes' });
  for (const path of [file('.openclaw', 'secrets.json'), file('.openclaw-mcp', 'auth')]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }
  expect(on.machine.seen()).not.toContain(before.gateway);
  expect(on.machine.seen()).not.toContain(after.gateway);
});

test('what somebody changed for the worse is seen', async () => {
  const path = file('.openclaw', 'openclaw.json');
  const settings = JSON.parse(await readFile(path, 'utf8'));
  settings.gateway.bind = 'lan';
  settings.gateway.auth = { mode: 'none', token: 'short-one' };
  await writeFile(path, JSON.stringify(settings));
  await chmod(file('.openclaw'), 0o755);
  expect(await exposure()).toMatchObject({
    exposure: { settings: 'read', bind: 'lan', auth_mode: 'none', token_in_settings: 'yes' },
    state_mode: '755',
  });
});
