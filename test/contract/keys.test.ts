/** One effect per Idempotency-Key, and nothing for strangers. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, localApi } from './support/harness.ts';

afterEach(closeAll);

const SIZE = { vcpu: 1, memory_mib: 1024, storage_gib: 10 };
const key = (value: string) => ({ 'idempotency-key': value });

describe('an Idempotency-Key', () => {
  it('is required for every change', async () => {
    const api = await localApi();
    const { status, headers, body } = await api.send('POST', '/v1/machines', SIZE, key(''));
    expect(status).toBe(422);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ status: 422, errors: [{ location: 'header.Idempotency-Key' }] });
  });

  it('gives the same answer again, for machines and for commands, also after a restart', async () => {
    const before = await localApi();
    const made = await before.send('POST', '/v1/machines', SIZE, key('make'));
    const id = String(made.body.machine_id);
    await before.phase(id, 'running');
    const line = ['bash', '-c', 'echo ran >> ~/count'];
    const first = await before.start(id, line, {}, key('run'));
    await before.ended(id, first.body.execution_id);
    expect((await before.start(id, line, {}, key('run'))).body).toEqual(first.body);
    const api = await before.restart();
    expect(await api.send('POST', '/v1/machines', SIZE, key('make'))).toMatchObject({
      status: made.status,
      body: made.body,
    });
    expect((await api.start(id, line, {}, key('run'))).body).toEqual(first.body);
    expect((await api.get('/_local/stats')).body).toMatchObject({ machines: 1, machines_created: 1 });
    await api.change('POST', id, '/wake');
    await api.phase(id, 'running');
    expect(await api.sh(id, 'cat ~/count')).toMatchObject({ stdout: 'ran\n' });
  });

  it('cannot be used for another request', async () => {
    const api = await localApi();
    await api.send('POST', '/v1/machines', SIZE, key('make'));
    const other = await api.send('POST', '/v1/machines', { ...SIZE, vcpu: 2 }, key('make'));
    expect(other).toMatchObject({
      status: 409,
      body: { error_code: 'IDEMPOTENCY_KEY_REUSED', retryable: false },
    });
    expect(Object.keys(other.body.details ?? {})).toEqual(['expected_request_hash', 'provided_request_hash']);
  });

  it('whose first request is still at work answers 429, and later the machine', async () => {
    const api = await localApi();
    api.faults({ operation: 'create', action: { type: 'slow', ms: 500 } });
    const first = api.send('POST', '/v1/machines', SIZE, key('make'));
    await expect.poll(async () => (await api.get('/v1/machines')).body.items).not.toBeNull();
    expect(await api.send('POST', '/v1/machines', SIZE, key('make'))).toMatchObject({
      status: 429,
      body: { error_code: 'RATE_LIMITED', retryable: true, retry_after_ms: 250 },
    });
    const made = await first;
    expect((await api.send('POST', '/v1/machines', SIZE, key('make'))).body).toEqual(made.body);
  });

  it('stays usable after a refusal', async () => {
    const api = await localApi({ quota: 1 });
    const id = await api.machine();
    expect((await api.send('POST', '/v1/machines', SIZE, key('second'))).status).toBe(409);
    await api.change('DELETE', id);
    expect((await api.send('POST', '/v1/machines', SIZE, key('second'))).status).toBe(202);
  });
});

describe('strangers', () => {
  it('get 401 without the key or with another', async () => {
    const api = await localApi();
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${api.server.baseUrl}/v1/machines`, { headers });
      return { status: response.status, ...JSON.parse(await response.text()) };
    };
    expect(await ask({})).toMatchObject({ status: 401, error_code: 'AUTH_REQUIRED', retryable: false });
    expect(await ask({ 'x-api-key': 'dsk-wrong' })).toMatchObject({
      status: 401,
      error_code: 'AUTH_INVALID',
    });
    expect(await ask({ authorization: `Bearer ${api.server.apiKey}` })).toEqual({ status: 200, items: null });
  });

  it('get 403 under a host name that is not loopback', async () => {
    const api = await localApi();
    const url = 'http://evil.example/v1/machines';
    const response = await api.server.api.fetch(url, { headers: { 'x-api-key': api.server.apiKey } });
    expect(response.status).toBe(403);
  });

  it('get a problem for a body that is not JSON or not said to be', async () => {
    const api = await localApi();
    const post = async (contentType: string, body: string) => {
      const headers = {
        'x-api-key': api.server.apiKey,
        'content-type': contentType,
        ...key(contentType + body),
      };
      return (await fetch(`${api.server.baseUrl}/v1/machines`, { method: 'POST', headers, body })).status;
    };
    expect(await post('application/json', '{')).toBe(400);
    expect(await post('text/plain', JSON.stringify(SIZE))).toBe(415);
    expect(await post('application/json', '"{}"')).toBe(422);
  });
});
