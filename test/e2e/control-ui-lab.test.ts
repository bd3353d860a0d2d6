/** How the Control UI is opened: on this computer at an address of its loopback, on the cloud only as the person wants. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiProxy, startApiProxy } from '../support/api-proxy.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let dir: string;
let agent: LabClient;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'control-ui-'));
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw');
}, 300_000);
afterAll(async () => {
  await lab.close();
  await rm(dir, { recursive: true, force: true });
});

const opening = (findings: unknown) =>
  (Array.isArray(findings) ? findings : []).find(({ name }) => name === 'openings');

describe('on this computer', () => {
  it('is an address that serves it, whatever way was asked for, and no warning', async () => {
    const { data } = await agent.finish('configure_openclaw', { control_ui: 'ssh' });
    const { url, steps } = Object(data.control_ui);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(url)).text()).toContain('<title>OpenClaw Control</title>');
    expect(steps.join(' ')).toMatch(/the value of "gateway" in \S+secrets\.json/);
    const again = await agent.finish('configure_openclaw', { control_ui: 'preview' });
    expect(again.data).toMatchObject({ control_ui: { how: 'local', url } });
    const { posture } = (await agent.call('gateway_status')).data;
    expect(opening(posture)).toMatchObject({ state: 'ok' });
  }, 300_000);

  it('brings a gateway back that is not running, and closes with the machine', async () => {
    await agent.finish('sleep_machine');
    const { data } = await agent.finish('configure_openclaw', { control_ui: 'ssh' });
    const { url } = Object(data.control_ui);
    expect((await fetch(url)).status).toBe(200);
    await agent.finish('sleep_machine');
    await expect(fetch(url)).rejects.toThrow();
  }, 300_000);
});

describe('on the cloud', () => {
  let proxy: ApiProxy;
  let far: LabClient;
  beforeAll(async () => {
    // The local API without what only machines of this computer have.
    proxy = await startApiProxy(lab.local.baseUrl);
    proxy.rewrite = ({ answer }) =>
      answer
        .replace(/"runtime":"\w+"/g, '"nothing":0')
        .replace(/"url":"http:\/\/127\.0\.0\.1:\d+"/g, '"url":"https://a1b2.preview.example"');
    far = await lab.connect({ DEDALUS_BASE_URL: proxy.url });
    await far.finish('wake_machine');
  });
  afterAll(() => proxy.close());

  it('nothing is opened to the internet unasked', async () => {
    const { texts, isError } = await far.call('configure_openclaw', { control_ui: 'preview' });
    expect(isError).toBe(true);
    expect(texts[0]).toContain('Ask the person');
    expect(proxy.passed.map(({ path }) => path).filter((path) => path.endsWith('/ports'))).toEqual([]);
  });

  it('a preview that the person wants is opened, let in by the gateway, and told of from then on', async () => {
    const { data } = await far.finish('configure_openclaw', { control_ui: 'preview', expose: true });
    expect(data).toMatchObject({ control_ui: { how: 'preview', url: 'https://a1b2.preview.example' } });
    expect(Object(data.control_ui).steps.join(' ')).toContain('Everybody on the internet');
    const body = proxy.passed.find(({ method, path }) => method === 'POST' && path.endsWith('/ports'))?.body;
    expect(JSON.parse(body ?? '{}')).toMatchObject({ port: expect.any(Number), protocol: 'http' });
    const { posture } = (await far.call('gateway_status')).data;
    expect(opening(posture)).toMatchObject({ state: 'warning' });
  });

  it('SSH sends a public key only, and says when the account has none', async () => {
    const secret = join(dir, 'id_ed25519');
    await writeFile(secret, 'PRIVATE');
    const refused = await far.call('configure_openclaw', { control_ui: 'ssh', ssh_public_key: secret });
    expect(refused.texts[0]).toContain('.pub');
    await writeFile(`${secret}.pub`, 'PRIVATE');
    const wrong = await far.call('configure_openclaw', {
      control_ui: 'ssh',
      ssh_public_key: `${secret}.pub`,
    });
    expect(wrong.texts[0]).toContain('no public key');
    await writeFile(`${secret}.pub`, `ssh-ed25519 ${'A'.repeat(68)} me`);
    const { data } = await far.finish('configure_openclaw', {
      control_ui: 'ssh',
      ssh_public_key: `${secret}.pub`,
    });
    expect(data).toMatchObject({ status: 'failed', error: { code: 'unsupported' } });
    expect(JSON.stringify(proxy.passed)).not.toContain('PRIVATE');
  });
});
