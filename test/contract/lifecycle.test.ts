/** A machine's life: creation, limits, sleep, wake, autosleep, the end. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../support/manual-clock.ts';
import { closeAll, localApi, runs } from './support/harness.ts';

afterEach(closeAll);

const SIZE = { vcpu: 1, memory_mib: 1024, storage_gib: 10 };

describe('creating', () => {
  it('goes through every phase, driven by the clock, with a new revision each', async () => {
    const clock = manualClock();
    const api = await localApi({
      clock,
      delays: { accepted: 10, placement: 20, starting: 30, guest: 40, stopping: 0, destroying: 0 },
    });
    const { body } = await api.send('POST', '/v1/machines', SIZE);
    const id = String(body.machine_id);
    const seen: unknown[] = [];
    for (const ms of [0, 10, 20, 30]) {
      await clock.advance(ms);
      seen.push((await api.get(`/v1/machines/${id}`)).body.status);
    }
    await api.phase(id, 'running');
    expect(seen.slice(0, 3)).toMatchObject([
      { phase: 'accepted', revision: '1' },
      { phase: 'placement_pending', revision: '2' },
      { phase: 'starting', revision: '3' },
    ]);
    expect((await api.start(id, ['true'])).body).toMatchObject({ error_code: 'machine_not_routable' });
    await clock.advance(40);
    expect(await api.sh(id, 'echo ready')).toMatchObject({ stdout: 'ready\n' });
  });

  it('stops at the quota, sleeping machines included, and frees it by destroying', async () => {
    const api = await localApi({ quota: 2 });
    const ids = [await api.machine(), await api.machine()];
    await api.change('POST', ids[0] ?? '', '/sleep');
    await api.phase(ids[0] ?? '', 'sleeping');
    const full = await api.send('POST', '/v1/machines', SIZE);
    expect(full).toMatchObject({
      status: 409,
      body: { message: 'machine quota exceeded', retryable: false },
    });
    await api.change('DELETE', ids[0] ?? '');
    expect((await api.send('POST', '/v1/machines', SIZE)).status).toBe(202);
    expect((await api.get('/_local/stats')).body).toMatchObject({
      machines_created: 3,
      max_concurrent_machines: 2,
    });
  });

  it('refuses sizes and fields that the service refuses', async () => {
    const api = await localApi({ memoryCeilingMib: 6144 });
    const tooLarge = await api.send('POST', '/v1/machines', { ...SIZE, memory_mib: 8192 });
    expect(tooLarge).toMatchObject({ status: 400, body: { detail: 'memory_mib exceeds capacity' } });
    const wrong = { vcpu: 0.3, memory_mib: '1', storage_gib: 1.5, autosleep: 'soon', name: 'x' };
    const refused = await api.send('POST', '/v1/machines', wrong);
    expect(refused.status).toBe(422);
    const errors = refused.body.errors;
    const locations = Array.isArray(errors)
      ? errors.map((error: { location: string }) => error.location)
      : [];
    expect(locations.sort()).toEqual(
      ['autosleep', 'memory_mib', 'name', 'storage_gib', 'vcpu'].map((field) => `body.${field}`),
    );
  });

  it('lets storage grow only, and sizes change as its generation says', async () => {
    const api = await localApi({ generation: 2 });
    const id = await api.machine();
    expect((await api.change('PATCH', id, '', { storage_gib: 20, vcpu: 1.25 })).body).toMatchObject({
      storage_gib: 20,
      vcpu: 1.25,
    });
    expect((await api.change('PATCH', id, '', { storage_gib: 10 })).status).toBe(400);
  });
});

describe('sleeping and waking', () => {
  it('ends every process, keeps the home and drops the rest; a command wakes it again', async () => {
    const api = await localApi();
    const id = await api.machine();
    await api.sh(
      id,
      'echo kept > ~/file; echo "$DEDALUS_LOCAL_BOOT" >~/boot; echo gone > "$TMPDIR/file"; ( setsid sleep 30 </dev/null &>/dev/null & )',
    );
    const running = await api.start(id, ['sleep', '30']);
    expect(await api.change('POST', id, '/sleep')).toMatchObject({ status: 202 });
    await api.phase(id, 'sleeping');
    expect(await api.ended(id, running.body.execution_id)).toMatchObject({
      status: 'failed',
      error_code: 'host_agent_execute_failed',
    });
    const woken = await api.start(id, [
      ...['bash', '-c'],
      'cat ~/file; ls "$TMPDIR"; grep -cx "$DEDALUS_LOCAL_BOOT" ~/boot; grep -cxE "[0-9a-f]{16}" ~/boot',
    ]);
    expect(woken.body).toMatchObject({ status: 'wake_in_progress', retry_after_ms: expect.any(Number) });
    const { execution_id } = await api.ended(id, woken.body.execution_id);
    const output = await api.get(`/v1/machines/${id}/executions/${execution_id}/output`);
    expect(output.body.stdout).toBe('kept\n0\n1\n');
  });

  it('refuses to sleep within the hold window after a wake, saying how long', async () => {
    const api = await localApi({ sleepHoldMs: 60_000 });
    const id = await api.machine();
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    await api.change('POST', id, '/wake');
    await api.phase(id, 'running');
    const { status, body } = await api.change('POST', id, '/sleep');
    expect({ status, ...body }).toMatchObject({
      status: 409,
      error_code: 'SLEEP_HOLD_WINDOW_ACTIVE',
      retryable: true,
    });
    expect(body.retry_after_ms).toBeGreaterThan(50_000);
  });
});

describe('autosleep', () => {
  it('counts from the last successful command; failed ones and background processes do not postpone it', async () => {
    const clock = manualClock();
    const none = { accepted: 0, placement: 0, starting: 0, guest: 0, stopping: 0, destroying: 0 };
    const api = await localApi({ clock, delays: none, defaultTimeoutMs: 10_000_000 });
    const id = await api.machine({ autosleep: '10m' });
    const phase = async () => (await api.get('/v1/machines')).body.items;
    await clock.advance(500_000);
    await api.sh(id, '( setsid sleep 30 </dev/null &>/dev/null & )');
    await clock.advance(500_000);
    await api.sh(id, 'exit 1');
    expect(await phase()).toMatchObject([{ phase: 'running' }]);
    await clock.advance(99_000);
    expect(await phase()).toMatchObject([{ phase: 'running' }]);
    await clock.advance(1_000);
    await api.phase(id, 'sleeping');
  });

  it('never interrupts a running command', async () => {
    const clock = manualClock();
    const none = { accepted: 0, placement: 0, starting: 0, guest: 0, stopping: 0, destroying: 0 };
    const api = await localApi({ clock, delays: none, defaultTimeoutMs: 10_000_000 });
    const id = await api.machine({ autosleep: '30s' });
    const { body } = await api.start(id, ['bash', '-c', 'until [ -e ~/go ]; do sleep 0.01; done']);
    await clock.advance(60_000);
    expect(await api.sh(id, 'touch ~/go')).toMatchObject({ status: 'succeeded' });
    expect(await api.ended(id, body.execution_id)).toMatchObject({ status: 'succeeded' });
    await clock.advance(30_000);
    await api.phase(id, 'sleeping');
  });
});

describe('destroying', () => {
  it('leaves no record, no process and no file, also of what the owner made read-only', async () => {
    const api = await localApi();
    const id = await api.machine();
    const ran = await api.sh(
      id,
      'mkdir -p ~/cache/deep && chmod -R a-w ~/cache; setsid sleep 30 </dev/null &>/dev/null & echo $!',
    );
    const { status, body } = await api.change('DELETE', id);
    expect({ status, ...body }).toMatchObject({
      status: 202,
      phase: 'destroying',
      desired_state: 'destroyed',
    });
    await api.phase(id, 'destroyed');
    expect((await api.get('/v1/machines')).body).toEqual({ items: null });
    expect(readdirSync(path.join(api.stateDir, 'machines'))).toEqual([]);
    expect(runs(String(ran.stdout))).toBe(false);
    expect((await api.start(id, ['true'])).status).toBe(404);
  });
});
