/** The same machine as each of the three generations of the API shows it. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, localApi } from './support/harness.ts';

afterEach(closeAll);

const SIZE = { vcpu: 2, memory_mib: 4096, storage_gib: 10 };
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

describe('generation 1', () => {
  it('shows status everywhere, knows no autosleep and wants If-Match', async () => {
    const api = await localApi({ generation: 1 });
    const refused = await api.send('POST', '/v1/machines', { ...SIZE, autosleep: 'never' });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.body.errors).toEqual([{ location: 'body.autosleep', message: 'unexpected property' }]);

    const made = await api.send('POST', '/v1/machines', SIZE);
    expect(made.status).toBe(202);
    expect(made.body).toMatchObject({ ...SIZE, desired_state: 'running', status: { phase: 'accepted' } });
    expect(made.body.machine_id).toMatch(new RegExp(`^dm-${UUID}$`));
    expect(made.body).not.toHaveProperty('autosleep_seconds');
    expect(made.headers.get('etag')).toBe('"1"');
    const id = String(made.body.machine_id);
    await api.phase(id, 'running');

    const bare = await api.send('POST', `/v1/machines/${id}/sleep`);
    expect(bare.status).toBe(422);
    const stale = await api.send('POST', `/v1/machines/${id}/sleep`, undefined, { 'if-match': '1' });
    expect(stale).toMatchObject({
      status: 409,
      body: { error_code: 'REVISION_MISMATCH', retryable: true, details: { provided_revision: '1' } },
    });
    expect((await api.change('POST', id, '/sleep')).status).toBe(202);
    await api.phase(id, 'sleeping');
  });
});

describe('generation 2', () => {
  it('takes autosleep, ignores If-Match, and wants all sizes', async () => {
    const api = await localApi({ generation: 2 });
    expect((await api.send('POST', '/v1/machines', { vcpu: 1 })).status).toBe(422);
    const made = await api.send('POST', '/v1/machines', { ...SIZE, autosleep: '7d3h4s' });
    expect(made.body).toMatchObject({ autosleep_seconds: 615_604, status: { phase: 'accepted' } });
    const id = String(made.body.machine_id);
    await api.phase(id, 'running');
    const slept = await api.send('POST', `/v1/machines/${id}/sleep`, undefined, { 'if-match': 'wrong' });
    expect(slept.body).toMatchObject({ status: { phase: 'stopping' }, desired_state: 'sleeping' });
    await api.phase(id, 'sleeping');
    expect((await api.send('POST', `/v1/machines/${id}/sleep`)).status).toBe(200);
    expect((await api.send('POST', `/v1/machines/${id}/reboot`)).status).toBe(404);
  });
});

describe('generation 3', () => {
  it('has defaults, bare ids, the phase at the top, and status only in GET of one', async () => {
    const api = await localApi({ generation: 3 });
    const made = await api.send('POST', '/v1/machines', {});
    expect(made.body).toMatchObject({
      vcpu: 1,
      memory_mib: 4096,
      storage_gib: 10,
      autosleep_seconds: 300,
      phase: 'accepted',
    });
    expect(made.body).not.toHaveProperty('status');
    expect(made.body.machine_id).toMatch(new RegExp(`^${UUID}$`));
    const id = String(made.body.machine_id);
    const one = await api.phase(id, 'running');
    expect(one).not.toHaveProperty('phase');
    expect(one).toMatchObject({
      runtime: 'process',
      status: { runtime: 'process', last_transition_at: expect.any(String) },
    });
    const list = await api.get('/v1/machines');
    expect(list.body.items).toMatchObject([
      { machine_id: id, phase: 'running', created_at: expect.any(String) },
    ]);
    expect((await api.get(`/v1/machines/dm-${id}`)).status).toBe(200);
  });

  it('refuses to sleep what sleeps, to wake what runs, and reboots', async () => {
    const api = await localApi({ generation: 3 });
    const id = await api.machine();
    expect(await api.change('POST', id, '/wake')).toMatchObject({
      status: 409,
      body: { error_code: 'INVALID_STATE', retryable: false, details: { current_observed_state: 'running' } },
    });
    await api.sh(id, 'touch ~/kept; ( setsid sleep 30 </dev/null &>/dev/null & )');
    expect((await api.change('POST', id, '/reboot?force=true')).body).toMatchObject({ phase: 'starting' });
    await api.phase(id, 'running');
    expect((await api.sh(id, 'ls ~')).stdout).toBe('kept\n');
    expect((await api.change('PATCH', id, '', { vcpu: 2 })).status).toBe(409);
    expect((await api.change('PATCH', id, '', { autosleep: 'never' })).body).toMatchObject({
      autosleep_seconds: 0,
    });
  });
});

describe('every generation', () => {
  it.each([1, 2, 3] as const)(
    '%i: answers an empty list with null and unknown machines with a problem',
    async (generation) => {
      const api = await localApi({ generation });
      expect((await api.get('/v1/machines')).body).toEqual({ items: null });
      const missing = await api.get('/v1/machines/dm-00000000-0000-0000-0000-000000000000');
      expect(missing.status).toBe(404);
      expect(missing.headers.get('content-type')).toBe('application/problem+json');
      const [first, second] = [await api.machine(SIZE), await api.machine(SIZE)];
      const page = await api.get('/v1/machines?limit=1');
      const next = await api.get(`/v1/machines?limit=1&cursor=${page.body.next_cursor}`);
      expect([page, next].map((reply) => reply.body.items)).toMatchObject([
        [{ machine_id: first }],
        [{ machine_id: second }],
      ]);
      expect(next.body).not.toHaveProperty('next_cursor');
      expect((await api.get('/v1/machines?limit=0')).status).toBe(422);
    },
  );
});
