/** Ports of a machine on this computer's loopback: what the Control UI is opened through. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../support/manual-clock.ts';
import { closeAll, type Json, type LocalClient, localApi } from './support/harness.ts';

afterEach(closeAll);

/** A web server inside, in the background, on a port of its own choice; that port. It repeats what an upgraded connection says. */
async function served(api: LocalClient, id: string): Promise<number> {
  const code = [
    'const s = require("http").createServer((q, r) => r.end("inside " + q.url));',
    's.on("upgrade", (q, c) => { c.write("upgraded "); c.pipe(c); });',
    's.listen(0, "127.0.0.1", () => console.log(s.address().port));',
  ].join('');
  const line = `exec 3< <(setsid '${process.execPath}' -e '${code}' 2>/dev/null); read -r port <&3; echo $port`;
  const { stdout } = await api.sh(id, line);
  return Number(stdout);
}

async function opened(api: LocalClient, id: string, port: number): Promise<Json> {
  const { status, body } = await api.send('POST', `/v1/machines/${id}/ports`, { port });
  expect({ status, body }).toMatchObject({ status: 200, body: { status: 'ready' } });
  return body;
}

const page = async (url: unknown) => (await fetch(`${url}/hello`)).text();
const addressOf = (url: unknown) => ({ host: '127.0.0.1', port: Number(new URL(String(url)).port) });

describe('a port of a machine', () => {
  it('leads from an address of this computer into the machine, for connections of every kind', async () => {
    const api = await localApi();
    const id = await api.machine();
    const port = await served(api, id);
    const body = await opened(api, id, port);
    expect(body).toMatchObject({ machine_id: id, port, protocol: 'http', url: expect.any(String) });
    expect(body).not.toHaveProperty('visibility');
    expect(new URL(String(body.url)).hostname).toBe('127.0.0.1');
    expect(await page(body.url)).toBe('inside /hello');

    const socket = connect(addressOf(body.url));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    expect(String(await once(socket, 'data'))).toContain('upgraded');
    socket.write('and back');
    expect(String(await once(socket, 'data'))).toBe('and back');
    socket.destroy();

    const path = `/v1/machines/${id}/ports`;
    expect((await api.get(path)).body.items).toEqual([body]);
    expect((await api.get(`${path}/${body.port_id}`)).body).toEqual(body);
    expect((await opened(api, id, port)).port_id).toBe(body.port_id);
  });

  it('ends when it is closed, with every connection through it', async () => {
    const api = await localApi();
    const id = await api.machine();
    const body = await opened(api, id, await served(api, id));
    const socket = connect(addressOf(body.url)).on('error', () => {});
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    const closed = await api.send('DELETE', `/v1/machines/${id}/ports/${body.port_id}`);
    expect(closed.body).toMatchObject({ status: 'closed' });
    expect(closed.body).not.toHaveProperty('url');
    await ended;
    await expect(page(body.url)).rejects.toThrow();
  });

  it('ends with its machine, and a new one wakes it', async () => {
    const api = await localApi();
    const id = await api.machine();
    const body = await opened(api, id, await served(api, id));
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    await expect(page(body.url)).rejects.toThrow();
    expect((await api.get(`/v1/machines/${id}/ports/${body.port_id}`)).body).toMatchObject({
      status: 'closed',
    });

    const made = await api.send('POST', `/v1/machines/${id}/ports`, { port: 4242 });
    expect(made.body).toMatchObject({ status: 'wake_in_progress', retry_after_ms: expect.any(Number) });
    await api.phase(id, 'running');
    const state = async () => (await api.get(`/v1/machines/${id}/ports/${made.body.port_id}`)).body.status;
    await expect.poll(state).toBe('ready');
    await api.change('DELETE', id);
    await api.phase(id, 'destroyed');
    expect((await api.get(`/v1/machines/${id}/ports`)).status).toBe(404);
  });

  it('ends a connection at once where nothing listens inside', async () => {
    const api = await localApi();
    const id = await api.machine();
    // Too low for anybody but a system's own services.
    const body = await opened(api, id, 9);
    const socket = connect(addressOf(body.url)).on('error', () => {});
    expect(await text(socket).catch(() => '')).toBe('');
  });

  it('is closed after a restart also for the key that opened it, and another key opens it anew', async () => {
    const before = await localApi();
    const id = await before.machine();
    const open = async (api: LocalClient, value: string) =>
      (await api.send('POST', `/v1/machines/${id}/ports`, { port: 4242 }, { 'idempotency-key': value })).body;
    const first = await open(before, 'one');
    expect(await open(before, 'one')).toEqual(first);
    const api = await before.restart();
    const then = await open(api, 'one');
    expect(then).toMatchObject({ port_id: first.port_id, status: 'closed' });
    expect(then).not.toHaveProperty('url');
    await api.change('POST', id, '/wake');
    await api.phase(id, 'running');
    expect(await open(api, 'two')).toMatchObject({ status: 'ready', url: expect.any(String) });
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    expect(await open(api, 'two')).toMatchObject({ status: 'closed' });
  });

  it('counts as use of its machine', async () => {
    const clock = manualClock();
    const none = { accepted: 0, placement: 0, starting: 0, guest: 0, stopping: 0, destroying: 0 };
    const api = await localApi({ clock, delays: none, defaultTimeoutMs: 10_000_000 });
    const id = await api.machine({ autosleep: '60s' });
    const body = await opened(api, id, await served(api, id));
    await clock.advance(50_000);
    expect(await page(body.url)).toBe('inside /hello');
    await clock.advance(50_000);
    await api.phase(id, 'running');
    await clock.advance(10_000);
    await api.phase(id, 'sleeping');
  });

  it('is refused with fields that nobody knows, without a key, and for no machine', async () => {
    const api = await localApi();
    const id = await api.machine();
    const path = `/v1/machines/${id}/ports`;
    const faulty: Json[] = [
      {},
      { port: 0 },
      { port: 80, visibility: 'public' },
      { port: 80, protocol: 'ftp' },
    ];
    for (const body of faulty) expect((await api.send('POST', path, body)).status).toBe(422);
    expect((await api.send('POST', path, { port: 80 }, { 'idempotency-key': '' })).status).toBe(422);
    expect((await api.get(`${path}/none`)).status).toBe(404);
    expect((await api.send('POST', '/v1/machines/none/ports', { port: 80 })).status).toBe(404);
  });
});

it('is called a preview by the older generations, and has a visibility there', async () => {
  const api = await localApi({ generation: 2 });
  const id = await api.machine();
  const port = await served(api, id);
  const { body } = await api.send('POST', `/v1/machines/${id}/previews`, { port, visibility: 'org' });
  expect(body).toMatchObject({
    machine_id: id,
    status: 'ready',
    visibility: 'org',
    preview_id: expect.any(String),
  });
  expect(await page(body.url)).toBe('inside /hello');
  expect((await api.send('POST', `/v1/machines/${id}/ports`, { port })).status).toBe(404);
});
