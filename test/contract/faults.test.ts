/** Scripted failures happen to exactly the requests they were set for. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, localApi } from './support/harness.ts';

afterEach(closeAll);

const SIZE = { vcpu: 1, memory_mib: 1024, storage_gib: 10 };

describe('a scripted fault', () => {
  it('can lose the answer of a create: the machine is there, and the same key finds it', async () => {
    const api = await localApi();
    api.faults({ operation: 'create', action: { type: 'lose_answer' } });
    const make = () => api.send('POST', '/v1/machines', SIZE, { 'idempotency-key': 'make' });
    await expect(make()).rejects.toThrow('fetch failed');
    expect(await make()).toMatchObject({ status: 202 });
    expect((await api.get('/_local/stats')).body).toMatchObject({
      machines_created: 1,
      requests: { create: 2 },
    });
  });

  it('can answer 500 after the command did run', async () => {
    const api = await localApi();
    const id = await api.machine();
    api.faults({ operation: 'execution_create', action: { type: 'error_after' } });
    const touch = () => api.start(id, ['touch', 'ran'], {}, { 'idempotency-key': 'touch' });
    expect(await touch()).toMatchObject({ status: 500, body: { title: 'Internal Server Error' } });
    const { body } = await touch();
    await api.ended(id, body.execution_id);
    expect((await api.get(`/v1/machines/${id}/executions`)).body.items).toHaveLength(1);
  });

  it('can refuse before the work, as often and as late as wanted', async () => {
    const api = await localApi();
    const response = await api.send('PUT', '/_local/faults', {
      faults: [
        { operation: 'list', nth: 2, times: 2, action: { type: 'rate_limited', retry_after_ms: 84 } },
        { operation: 'list', nth: 5, action: { type: 'unavailable' } },
        { operation: 'wake', action: { type: 'signature_missing' } },
      ],
    });
    expect(response.status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await api.get('/v1/machines')).status);
    expect(statuses).toEqual([200, 429, 429, 200, 503, 200]);
    const id = await api.machine();
    expect(await api.change('POST', id, '/wake')).toMatchObject({
      status: 401,
      body: { error_code: 'AUTH_REQUIRED', message: 'missing internal route signature' },
    });
    expect((await api.get('/_local/faults')).body.faults).toMatchObject([
      { seen: 6, struck: 2 },
      { seen: 6, struck: 1 },
      { seen: 1, struck: 1 },
    ]);
    expect((await api.send('PUT', '/_local/faults', { faults: [{ operation: 'x' }] })).status).toBe(422);
  });

  it('can make a machine fail or hang in placement; it counts until it is destroyed', async () => {
    const api = await localApi({ quota: 2 });
    api.faults(
      { operation: 'create', action: { type: 'machine_failed', reason: 'NoReadyHosts' } },
      { operation: 'create', nth: 2, action: { type: 'stuck_placement' } },
    );
    const made = [await api.send('POST', '/v1/machines', SIZE), await api.send('POST', '/v1/machines', SIZE)];
    const [failed = '', stuck = ''] = made.map(({ body }) => String(body.machine_id));
    expect(await api.phase(failed, 'failed')).toMatchObject({
      status: { reason: 'NoReadyHosts', retryable: false },
    });
    await api.phase(stuck, 'placement_pending');
    expect((await api.send('POST', '/v1/machines', SIZE)).status).toBe(409);
    expect((await api.start(failed, ['true'])).body).toMatchObject({ error_code: 'machine_not_routable' });
    expect((await api.change('POST', failed, '/wake')).body).toMatchObject({ error_code: 'INVALID_STATE' });
    for (const id of [failed, stuck]) {
      await api.change('DELETE', id);
      await api.phase(id, 'destroyed');
    }
  });

  it('can make a wake fail, and the command that asked for it', async () => {
    const api = await localApi();
    const id = await api.machine();
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    api.faults({
      operation: 'execution_create',
      action: { type: 'machine_failed', reason: 'RuntimeWakeFailed' },
    });
    const { body } = await api.start(id, ['true']);
    expect(await api.ended(id, body.execution_id)).toMatchObject({ error_code: 'machine_not_routable' });
    expect(await api.phase(id, 'failed')).toMatchObject({ status: { reason: 'RuntimeWakeFailed' } });
  });

  it('can let a machine vanish right after it ran', async () => {
    const api = await localApi();
    api.faults({ operation: 'create', action: { type: 'machine_vanishes' } });
    const id = await api.machine();
    expect((await api.start(id, ['true'])).body).toMatchObject({
      status: 'failed',
      error_code: 'machine_not_found',
      error_message: 'machine no longer exists',
    });
    await api.phase(id, 'destroyed');
  });

  it('can refuse a command, expire one that ran, and cut its output', async () => {
    const api = await localApi();
    const id = await api.machine();
    api.faults(
      { operation: 'execution_create', action: { type: 'refuse_execution' } },
      { operation: 'execution_create', nth: 2, action: { type: 'expire_execution' } },
      { operation: 'execution_output', nth: 3, action: { type: 'truncate_output', bytes: 2 } },
    );
    expect(await api.sh(id, 'touch ~/a')).toMatchObject({
      status: 'failed',
      error_code: 'machine_not_routable',
    });
    expect(await api.sh(id, 'touch ~/b')).toMatchObject({ status: 'expired' });
    expect(await api.sh(id, 'ls -m ~; echo more')).toMatchObject({
      stdout: 'b\n',
      stdout_truncated: true,
      stderr_truncated: false,
    });
  });

  it('can answer with nothing, with a web page, or by resetting the connection', async () => {
    const api = await localApi();
    api.faults(
      { operation: 'list', action: { type: 'empty_body' } },
      { operation: 'list', nth: 2, action: { type: 'html_body' } },
      { operation: 'list', nth: 3, action: { type: 'reset' } },
    );
    const ask = () =>
      fetch(`${api.server.baseUrl}/v1/machines`, { headers: { 'x-api-key': api.server.apiKey } });
    expect(await (await ask()).text()).toBe('');
    const page = await ask();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    await expect(ask()).rejects.toThrow('fetch failed');
    expect((await ask()).status).toBe(200);
  });

  it('can put a machine to sleep between two requests, in the middle of a command', async () => {
    const api = await localApi();
    const id = await api.machine();
    const { body } = await api.start(id, ['sleep', '30']);
    api.faults({ operation: 'execution_get', action: { type: 'autosleep_now' } });
    expect(await api.ended(id, body.execution_id)).toMatchObject({ error_code: 'host_agent_execute_failed' });
    await api.phase(id, 'sleeping');
  });

  it('fails the caller in process too, where there is no connection to cut', async () => {
    const api = await localApi();
    api.faults({ operation: 'list', action: { type: 'lose_answer' } });
    const call = () =>
      api.server.api.fetch('http://127.0.0.1/v1/machines', { headers: { 'x-api-key': api.server.apiKey } });
    await expect(call()).rejects.toThrow('before an answer');
    expect((await call()).status).toBe(200);
  });
});
