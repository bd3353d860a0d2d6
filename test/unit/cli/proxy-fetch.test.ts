import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { proxyFetch } from '../../../src/cli/proxy-fetch.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of opened.splice(0)) server.close();
});

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(server);
  const address = server.address();
  return (address as AddressInfo).port;
}

/** A proxy that tunnels every name to one server of ours, and remembers the names. */
async function proxyTo(port: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  return { url: `http://127.0.0.1:${await listening(proxy)}`, asked };
}

it('reaches the cloud through the proxy of the environment', async () => {
  const target = createServer((_, response) => response.end('from the cloud'));
  const { url, asked } = await proxyTo(await listening(target));
  vi.stubEnv('HTTP_PROXY', url);
  vi.stubEnv('NO_PROXY', '');
  const through = await proxyFetch('http://machines.invalid');
  const answer = await through?.('http://machines.invalid/v1/machines');
  expect(await answer?.text()).toBe('from the cloud');
  expect(asked).toEqual(['machines.invalid:80']);
});

it('goes directly without a proxy, and to this computer itself', async () => {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, '');
  expect(await proxyFetch('https://machines.invalid')).toBeUndefined();
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.invalid:8080');
  expect(await proxyFetch('http://127.0.0.1:4000')).toBeUndefined();
});
