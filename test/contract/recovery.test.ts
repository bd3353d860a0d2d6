/** What a new server makes of what the one before left unfinished. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, localApi } from './support/harness.ts';

afterEach(closeAll);

describe('a new server on the same folder', () => {
  it('finishes creating, and takes up sleeping and failed machines as they were', async () => {
    const before = await localApi();
    const asleep = await before.machine();
    await before.change('POST', asleep, '/sleep');
    await before.phase(asleep, 'sleeping');
    before.faults(
      { operation: 'create', action: { type: 'stuck_placement' } },
      { operation: 'create', nth: 2, action: { type: 'machine_failed', reason: 'NoReadyHosts' } },
    );
    const stuck = String((await before.send('POST', '/v1/machines', {})).body.machine_id);
    const failed = String((await before.send('POST', '/v1/machines', {})).body.machine_id);
    await before.phase(failed, 'failed');
    await before.phase(stuck, 'placement_pending');
    const { revision } = Object(await before.phase(asleep, 'sleeping')).status;

    const api = await before.restart();
    await api.phase(stuck, 'running');
    expect(await api.phase(failed, 'failed')).toMatchObject({ status: { reason: 'NoReadyHosts' } });
    expect(await api.phase(asleep, 'sleeping')).toMatchObject({ status: { revision } });
  });

  it('finds what commands wrote, and its machines asleep', async () => {
    const before = await localApi();
    const id = await before.machine();
    const ran = await before.sh(id, 'echo kept; exit 3');
    const api = await before.restart();
    expect(await api.phase(id, 'sleeping')).toMatchObject({ status: { reason: 'HostStopped' } });
    const url = `/v1/machines/${id}/executions/${ran.execution_id}`;
    expect((await api.get(url)).body).toMatchObject({ status: 'failed', exit_code: 3 });
    expect((await api.get(`${url}/output`)).body).toMatchObject({ stdout: 'kept\n' });
  });

  it('finishes destroying', async () => {
    const before = await localApi({ delays: { destroying: 40 } });
    const id = await before.machine();
    await before.change('DELETE', id);
    const api = await before.restart();
    expect((await api.get('/v1/machines')).body).toEqual({ items: null });
    expect(readdirSync(path.join(api.stateDir, 'machines'))).toEqual([]);
  });
});

describe('the state folder', () => {
  it('is readable by its owner only', async () => {
    const api = await localApi();
    const id = await api.machine();
    await api.sh(id, 'echo secret');
    const files = readdirSync(api.stateDir, { recursive: true, withFileTypes: true });
    for (const entry of files.filter((file) => !file.parentPath.includes('/home'))) {
      const mode = statSync(path.join(entry.parentPath, entry.name)).mode & 0o777;
      expect([entry.name, mode.toString(8)]).toEqual([entry.name, entry.isDirectory() ? '700' : '600']);
    }
  });
});
