/** list_machines as a person with a bill reads it: what is awake and since when, and what holds quota for nothing. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { LocalSettings } from '../../src/local/options.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const DAY = 24 * 3_600_000;
const SPEC = { vcpu: 2, memoryMib: 4096, storageGib: 10, autosleep: 'never' };

let lab: Lab | undefined;
afterEach(() => lab?.close());

/** An account whose machines live `agoMs` in the past; `later` brings it to the present. */
async function account(
  agoMs: number,
  settings: LocalSettings = {},
): Promise<{ agent: LabClient; later(): void }> {
  let offset = agoMs;
  const clock = { ...systemClock, now: () => Date.now() - offset };
  lab = await startLab({ runtime: noRuntime, settings: { clock, ...settings } });
  return {
    agent: await lab.connect(),
    later: () => {
      offset = 0;
    },
  };
}

async function running({ assembled }: LabClient, key: string): Promise<string> {
  const { machines } = assembled.services;
  const { machineId } = await machines.create(SPEC, key);
  await machines.waitUntilRunning(machineId);
  return machineId;
}

describe('list_machines', () => {
  it.each([1, 2, 3] as const)('says what is awake and since when (API generation %i)', async (generation) => {
    const { agent } = await account(2 * DAY, { generation });
    const id = await running(agent, 'a');
    const { data, texts } = await agent.call('list_machines');
    expect(data).toMatchObject({
      total: 1,
      quota_used: 1,
      awake: 1,
      awake_vcpu: 2,
      awake_memory_mib: 4096,
      machines: [{ machine_id: id, phase: 'running' }],
      wasted: [],
    });
    const since = Date.parse(String(JSON.parse(JSON.stringify(data)).machines[0].since));
    expect(Math.abs(Date.now() - 2 * DAY - since)).toBeLessThan(60_000);
    expect(texts[0]).toContain('1 awake and billed now (2 vCPU, 4096 MiB together)');
    expect(texts[0]).toContain('since ');
    expect(data.usage).toBeUndefined();
  });

  it('names machines that failed, and those that slept for weeks and are of no deploy from here', async () => {
    const { agent, later } = await account(15 * DAY);
    const old = await running(agent, 'old');
    await agent.assembled.services.machines.sleep(old);
    lab?.local.api.faults.set({
      faults: [
        { operation: 'create', action: { type: 'machine_failed', reason: 'StorageProvisioningFailed' } },
      ],
    });
    const failed = await agent.assembled.services.machines.create(SPEC, 'failed');
    await expect(agent.assembled.services.machines.waitUntilRunning(failed.machineId)).rejects.toThrow();
    later();
    const fresh = await running(agent, 'fresh');
    await agent.assembled.services.machines.sleep(fresh);

    const { data, texts } = await agent.call('list_machines');
    expect(data.wasted).toEqual([
      expect.objectContaining({ machine_id: old, why: 'forgotten' }),
      expect.objectContaining({ machine_id: failed.machineId, why: 'failed' }),
    ]);
    expect(texts[0]).toContain(`${old} has slept for more than 14 days`);
    expect(texts[0]).toContain('destroy_machine');
    expect(texts[0]).toContain('None is awake, so only storage is billed');
  });

  it('names a machine that no host takes, but not one that has only just been asked for', async () => {
    const { agent, later } = await account(6 * 60_000);
    const fault = { operation: 'create', times: 2, action: { type: 'stuck_placement' } } as const;
    lab?.local.api.faults.set({ faults: [fault] });
    const { machines } = agent.assembled.services;
    const { machineId } = await machines.create(SPEC, 'stuck');
    await expect.poll(async () => (await machines.get(machineId)).phase).toBe('placement_pending');
    later();
    await machines.create(SPEC, 'new');
    expect((await agent.call('list_machines')).data.wasted).toEqual([
      expect.objectContaining({ machine_id: machineId, why: 'stuck' }),
    ]);
  });

  it('shows the usage where the API tells it, and asks an API that does not only once', async () => {
    const { agent } = await account(0);
    await agent.call('list_machines');
    const api = await scriptedHttp();
    api.on('GET', '/v1/machines', {
      json: { items: [{ machine_id: 'dm-1', status: { phase: 'running' } }] },
    });
    api.on('GET', '/v1/machines/dm-1', { json: { machine_id: 'dm-1', status: { phase: 'running' } } });
    api.on('GET', '/v1/usage', {
      json: {
        billed_awake_seconds: 9000,
        provisioned_storage_gib: 20,
        included_storage_gib: 10,
        plan_slug: 'hobby',
      },
    });
    const told = await lab?.connect({ DEDALUS_BASE_URL: api.url });
    const first = await told?.call('list_machines');
    expect(first?.data.usage).toEqual({
      awake_hours: 2.5,
      storage_gib: 20,
      included_storage_gib: 10,
      plan: 'hobby',
    });
    expect(first?.texts[0]).toContain('2.5 h awake were billed');
    api.on('GET', '/v1/usage', { status: 404, json: { status: 404 } });
    await told?.call('list_machines');
    await told?.call('list_machines');
    expect(api.asked().filter((request) => request === 'GET /v1/usage')).toHaveLength(2);
    await api.close();
  });
});
