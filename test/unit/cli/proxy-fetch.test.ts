/** The way to the cloud through the proxy that the environment names, and what is said when that proxy does not help. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyFetch } from '../../../src/cli/proxy-fetch.ts';
import type { Environment } from '../../../src/config/config.ts';
import { type ConnectProxyOptions, startConnectProxy } from '../../support/connect-proxy.ts';

const PASSWORD = 'p#:a s/s%40@é';
const AT = `me:${encodeURIComponent(PASSWORD)}@`;

let cloud: Server;
let to = 0;
const proxies: { close(): void }[] = [];
beforeAll(async () => {
  cloud = createServer((_, response) => response.end('from the cloud'));
  cloud.listen(0, '127.0.0.1');
  await once(cloud, 'listening');
  to = Object(cloud.address()).port;
});
afterAll(() => {
  for (const proxy of proxies) proxy.close();
  cloud.closeAllConnections();
  cloud.close();
});

async function proxy(options: Partial<ConnectProxyOptions> = {}) {
  const started = await startConnectProxy({ to, ...options });
  proxies.push(started);
  return started;
}

/** What a request to the cloud brings, or what is said about its failure. */
async function ask(env: Environment, host = 'machines.invalid'): Promise<string> {
  try {
    const through = await proxyFetch(env, `http://${host}`);
    if (through === undefined) return 'direct';
    return await (await through(`http://${host}/v1/machines`)).text();
  } catch (error) {
    const { message, next, details } = Object(error);
    return `${message}. ${next} ${JSON.stringify(details)}`;
  }
}

describe('the cloud', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('is reached through %s', async (name) => {
    const { url, asked } = await proxy();
    expect(await ask({ [name]: ` ${url}/ ` })).toBe('from the cloud');
    expect(asked).toEqual(['machines.invalid:80']);
  });

  it('is reached through a proxy that wants a password with every odd character in it', async () => {
    const { port } = await proxy({ user: `me:${PASSWORD}` });
    expect(await ask({ HTTP_PROXY: `http://${AT}127.0.0.1:${port}` })).toBe('from the cloud');
    const { port: userOnly } = await proxy({ user: 'me:' });
    expect(await ask({ HTTP_PROXY: `http://me@127.0.0.1:${userOnly}` })).toBe('from the cloud');
  });

  it('is reached directly without a proxy, around one, and on this computer', async () => {
    const somewhere = { HTTPS_PROXY: 'http://proxy.invalid:8080', HTTP_PROXY: 'http://proxy.invalid:8080' };
    expect(await ask({ HTTP_PROXY: '', https_proxy: ' ' })).toBe('direct');
    for (const NO_PROXY of ['machines.invalid', 'other, .invalid', '*', 'machines.invalid:80'])
      expect(await ask({ ...somewhere, NO_PROXY })).toBe('direct');
    for (const host of ['127.0.0.1:4000', 'localhost:4000', '[::1]:4000'])
      expect(await ask(somewhere, host)).toBe('direct');
  });
});

describe('a proxy that does not help', () => {
  it.each([
    ['wants a password', { user: 'me:x' }, '', /HTTP_PROXY names wants a user name and a password \(407\)/],
    [
      'refuses the password',
      { user: 'me:x' },
      AT,
      /HTTP_PROXY names did not accept its user name and password \(407\).*"retryable":false/,
    ],
    ['forbids it', { refuse: 403 }, AT, /HTTP_PROXY names refused the connection \(403\).*"retryable":false/],
    [
      'finds no way',
      { refuse: 502 },
      AT,
      /HTTP_PROXY names refused the connection \(502\).*"retryable":true/,
    ],
  ])('%s: its variable is named, its password is not', async (_, options, at, told) => {
    const { port } = await proxy(options);
    const said = await ask({ HTTP_PROXY: `http://${at}127.0.0.1:${port}` });
    expect(said).toMatch(told);
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(encodeURIComponent(PASSWORD));
  });

  it('is not there', async () => {
    const { url, close } = await proxy();
    close();
    expect(await ask({ http_proxy: url })).toMatch(/proxy that http_proxy names cannot be reached/);
    expect(await ask({ http_proxy: 'http://proxy.invalid:8080' })).toMatch(
      /http_proxy names cannot be reached/,
    );
  });

  it.each([
    ['proxy.corp:8080', /must begin with http/],
    ['10.0.0.1:3128', /must begin with http/],
    ['proxy.corp', /must begin with http/],
    ['ftp://proxy.corp', /must begin with http/],
    ['socks5://127.0.0.1:1080', /SOCKS/],
    ['socks5h://127.0.0.1:1080', /SOCKS/],
    ['"http://proxy.corp:8080"', /quotes/],
    ["'http://proxy.corp:8080'", /quotes/],
    ['http://me:sec#ret-word@proxy.corp:8080', /%23/],
    ['http://me:12#ret-word@proxy.corp:8080', /%23/],
    ['http://me:12?ret-word@proxy.corp:8080', /%3F/],
    ['http://me:12/ret-word@proxy.corp:8080', /%2F/],
    ['http://me:100%ret-word@proxy.corp:8080', /%25/],
    ['http://', /must look like/],
    ['http://proxy.corp:99999', /must look like/],
  ])('cannot be one: %s', async (value, told) => {
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
      const failed = proxyFetch({ [name]: value }, 'https://machines.invalid');
      await expect(failed).rejects.toMatchObject({ code: 'config', message: expect.stringMatching(told) });
      await expect(failed).rejects.toThrow(name);
      await expect(failed).rejects.not.toThrow(/ret-word/);
    }
  });
});
