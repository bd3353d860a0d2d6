/** What one request, one connection, a full disk or a clock that jumps may cost the local API. */
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Bodies, MAX_BODY_BYTES } from '../../src/local/api/bounded-body.ts';
import { Store } from '../../src/local/machines/store.ts';
import { closeAll, type LocalClient, localApi } from './support/harness.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll();
});

const SIZE = { vcpu: 1, memory_mib: 1024, storage_gib: 10 };

/** Sends bytes as they are. */
async function raw(api: LocalClient, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(api.baseUrl).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return text(socket);
}

describe('a request', () => {
  it('with too large a body gets 413, whether it says so before or not, and is not kept', async () => {
    const api = await localApi();
    const head = `POST /v1/machines HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${api.apiKey}\r\nidempotency-key: k\r\ncontent-type: application/json\r\nconnection: close\r\n`;
    const said = await raw(api, `${head}content-length: 300000000\r\n\r\n{`);
    expect(said).toMatch(/^HTTP\/1.1 413 [\s\S]*"title":"Content Too Large"/);
    async function* endless() {
      for (;;) yield new Uint8Array(1 << 20);
    }
    const body = ReadableStream.from(endless());
    const request = new Request('http://127.0.0.1/', { method: 'POST', body, duplex: 'half' });
    await expect(new Bodies().text(request)).rejects.toMatchObject({ status: 413 });
  });

  it('waits its turn while others take all the room that bodies have', async () => {
    const bodies = new Bodies();
    const large = () => {
      let sent = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (sent++ === 0) controller.enqueue(new Uint8Array(MAX_BODY_BYTES));
        },
      });
      return new Request('http://127.0.0.1/', { method: 'POST', body, duplex: 'half' });
    };
    for (let i = 0; i < 8; i += 1) void bodies.text(large());
    await systemClock.sleep(0);
    await expect.poll(() => bodies.text(large()).catch((error) => error.status)).toBe(503);
  });

  it('with too long headers, or that is no HTTP, gets an error of its own', async () => {
    const api = await localApi();
    const long = await raw(api, `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1.1 431 [\s\S]*"status":431/);
    expect(await raw(api, 'HELLO\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*"title":"Bad Request"/);
  });

  it('on one connection too many gets 503, and is not worked on', async () => {
    const api = await localApi();
    const port = Number(new URL(api.baseUrl).port);
    const idle = Array.from({ length: 256 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const head = `DELETE /_local/stats HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${api.apiKey}\r\n\r\n`;
    expect(await raw(api, head)).toMatch(/^HTTP\/1.1 503 [\s\S]*"retryable":true/);
    for (const socket of idle) socket.destroy();
    await expect
      .poll(() =>
        api.get('/v1/machines').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('names no command or time without end', async () => {
    const api = await localApi();
    const id = await api.machine();
    expect((await api.start(id, ['true'], { timeout_ms: 2 ** 40 })).status).toBe(422);
    expect((await api.start(id, ['echo', 'x'.repeat(600_000)])).status).toBe(422);
  });
});

describe('a full disk', () => {
  const full = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };

  it('refuses what it cannot keep by that name, and the same key works as soon as there is room', async () => {
    const api = await localApi();
    const write = vi.spyOn(Store.prototype, 'write').mockImplementation(full);
    const key = { 'idempotency-key': 'make' };
    const refused = await api.send('POST', '/v1/machines', SIZE, key);
    expect(refused).toMatchObject({ status: 507, body: { detail: expect.stringContaining('disk') } });
    write.mockRestore();
    expect((await api.send('POST', '/v1/machines', SIZE, key)).status).toBe(202);
    expect((await api.get('/_local/stats')).body).toMatchObject({ machines: 1 });
  });

  it('loses no output, does nothing twice, and lets a machine sleep and go', async () => {
    const api = await localApi();
    const id = await api.machine();
    const { body } = await api.start(
      id,
      ['bash', '-c', 'until [[ -e go ]]; do sleep 0.01; done; echo done'],
      {},
      { 'idempotency-key': 'run' },
    );
    await expect
      .poll(async () => (await api.get(`/v1/machines/${id}/executions/${body.execution_id}`)).body.status)
      .toBe('running');
    await api.sh(id, ': > go.tmp');
    for (const name of ['write', 'saveMachine', 'saveExecution', 'saveOutput'] as const) {
      vi.spyOn(Store.prototype, name).mockImplementation(full);
    }
    rmSync(path.join(api.stateDir, 'machines', id, 'home', 'go.tmp'));
    mkdirSync(path.join(api.stateDir, 'machines', id, 'home', 'go'));
    expect(await api.ended(id, body.execution_id)).toMatchObject({ status: 'succeeded' });
    const output = await api.get(`/v1/machines/${id}/executions/${body.execution_id}/output`);
    expect(output.body).toMatchObject({ stdout: 'done\n' });
    expect((await api.start(id, ['true'])).status).toBe(507);
    expect((await api.change('POST', id, '/sleep')).status).toBe(202);
    await api.phase(id, 'sleeping');
    expect((await api.change('DELETE', id)).status).toBe(202);
    await api.phase(id, 'destroyed');
  });
});

describe('a clock that is set back', () => {
  it('keeps no command waiting', async () => {
    let set = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + set };
    const api = await localApi({ clock, delays: { guest: 1 } });
    const id = await api.machine();
    await systemClock.sleep(5);
    set = -3_600_000;
    expect(await api.sh(id, 'echo here')).toMatchObject({ status: 'succeeded', stdout: 'here\n' });
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    set = -7_200_000;
    await api.change('POST', id, '/wake');
    await api.phase(id, 'running');
    set = -9_000_000;
    await systemClock.sleep(5);
    expect(await api.sh(id, 'echo again')).toMatchObject({ stdout: 'again\n' });
  });
});
