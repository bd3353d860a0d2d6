/** What repair_openclaw says of machines that no command reaches. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab({ runtime: noRuntime });
  agent = await lab.connect();
});
afterAll(() => lab.close());

async function machine(key: string, reason?: string): Promise<string> {
  const { machines } = agent.assembled.services;
  const action = { type: 'machine_failed', reason: reason ?? '' } as const;
  lab.local.api.faults.set({ faults: reason === undefined ? [] : [{ operation: 'create', action }] });
  const { machineId } = await machines.create({ vcpu: 1, memoryMib: 2048, storageGib: 10 }, key);
  await machines.waitUntilRunning(machineId).catch(() => {});
  return machineId;
}

it('a machine that fails to wake: what happened, that its disk cannot be read, and the way out', async () => {
  const id = await machine('wakes-not');
  await agent.assembled.services.machines.sleep(id);
  const action = { type: 'machine_failed', reason: 'RuntimeWakeFailed' } as const;
  lab.local.api.faults.set({ faults: [{ operation: 'wake', action }] });
  const { data, texts } = await agent.finish('repair_openclaw', { machine_id: id });
  expect(data).toMatchObject({ status: 'done', done: [] });
  expect(data.found).toHaveLength(1);
  const left = String(data.left);
  for (const word of ['RuntimeWakeFailed', 'deploy_openclaw', 'backup_openclaw', `destroy_machine "${id}"`]) {
    expect(left).toContain(word);
  }
  expect(texts.join('\n')).toMatch(/<<<[0-9a-f]{16} what programs on the machine said/);
});

it('a machine without a place: waiting or fewer machines may help', async () => {
  const id = await machine('no-room', 'NoReadyHosts');
  const { data } = await agent.finish('repair_openclaw', { machine_id: id });
  expect(String(data.left)).toContain('No host has room for it now');
});

it('a machine beyond the quota: what to destroy, and no new one', async () => {
  const id = await machine('quota', 'quota exceeded');
  const { data } = await agent.finish('repair_openclaw', { machine_id: id });
  expect(String(data.left)).toContain('list_machines');
  expect(String(data.left)).not.toContain('deploy_openclaw');
});

it('a machine that is not there is an error, not a repair', async () => {
  const answer = await agent.finish('repair_openclaw', {
    machine_id: '00000000-0000-4000-8000-000000000000',
  });
  expect(answer.data).toMatchObject({ status: 'failed', error: { code: 'not_found' } });
});
