/** What a new server makes of what the one before left unfinished. */
import { readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, type LocalClient, localApi } from './support/harness.ts';

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
    const before = await localApi();
    const id = await before.machine();
    await before.sh(id, 'echo x > ~/file');
    await before.server.close();
    await edit(path.join(before.stateDir, 'machines', id, 'machine.json'), { phase: 'destroying' });
    const api = await before.restart();
    await api.phase(id, 'destroyed');
    expect(readdirSync(path.join(api.stateDir, 'machines'))).toEqual([]);
  });

  it('gives a repeated create the same machine when the one before was killed before it answered', async () => {
    const before = await localApi();
    const make = (api: LocalClient) => api.send('POST', '/v1/machines', {}, { 'idempotency-key': 'make' });
    const { body } = await make(before);
    await before.server.close();
    const keys = path.join(before.stateDir, 'keys');
    for (const name of readdirSync(keys)) await edit(path.join(keys, name), { answer: undefined });
    const api = await before.restart();
    expect((await make(api)).body.machine_id).toBe(body.machine_id);
    expect((await api.get('/_local/stats')).body).toMatchObject({ machines: 1, machines_created: 1 });
  });
});

/** Changes fields of a JSON file, as a server that was killed at the right moment would have left them. */
async function edit(file: string, changes: object): Promise<void> {
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...changes }));
}

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
