/** When the records on this computer are gone or old: the truth is on the machines and in the API. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { skippingClock } from '../support/skipping-clock.ts';

const HOUR = 3_600_000;

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  agent = await lab.connect();
});
afterEach(async () => {
  lab.local.api.faults.set({ faults: [] });
  const { machines } = agent.assembled.services;
  for (const { machineId } of await machines.list()) await machines.destroy(machineId);
  await forgetAll();
});

const created = () => Number(lab.local.api.stats.document().machines_created);
const forgetAll = () => rm(lab.stateDir, { recursive: true, force: true, maxRetries: 9, retryDelay: 50 });
const folder = () => join(lab.stateDir, 'operations');
const ended = () => join(folder(), 'ended');

/** A deploy that has come as far as its job on the machine, and whose server is gone then. */
async function deployHalfWay(): Promise<string> {
  const first = await lab.connect();
  const { data } = await first.call('deploy_openclaw', { wait_seconds: 0 });
  const id = String(data.operation_id);
  const stages = async () =>
    JSON.stringify((await first.call('get_operation', { operation_id: id, wait_seconds: 0 })).data.stages);
  await expect.poll(stages, { interval: 20 }).toContain('node');
  first.assembled.close();
  // What it was writing at that moment must not come back after the folder is gone.
  await systemClock.sleep(50);
  return id;
}

describe('without its records, a server', () => {
  it('finds a deploy by its id on the machine that does it', async () => {
    const before = created();
    const operation_id = await deployHalfWay();
    await forgetAll();
    const { data } = await agent.finish('get_operation', { operation_id });
    expect(data).toMatchObject({
      status: 'ready',
      openclaw_version: '2026.9.6',
      model: 'anthropic/claude-sonnet-4-6',
    });
    expect(created() - before).toBe(1);
    const answer = await agent.finish('chat', { message: 'Are you there?', machine_id: data.machine_id });
    expect(answer.data.reply).toContain('Are you there?');
  });

  it('takes over a machine in the middle of its installation by its name', async () => {
    const before = created();
    await deployHalfWay();
    await forgetAll();
    expect((await agent.finish('deploy_openclaw')).data).toMatchObject({ status: 'ready' });
    expect(created() - before).toBe(1);
  });

  it('takes over the machine that carries a name instead of paying for a second one', async () => {
    const before = created();
    const { machine_id } = (await agent.finish('deploy_openclaw', { name: 'mine' })).data;
    await forgetAll();
    const again = await lab.connect();
    expect((await again.finish('deploy_openclaw', { name: 'mine' })).data).toMatchObject({
      status: 'ready',
      machine_id,
    });
    expect(created() - before).toBe(1);
    await forgetAll();
    const other = (await again.finish('deploy_openclaw', { name: 'other' })).data;
    expect(other.machine_id).not.toBe(machine_id);
  });

  it('sees from the id alone what became of a wake, a sleep and a destroy, and does none of them', async () => {
    const { machine_id } = (await agent.finish('deploy_openclaw')).data;
    const id = (kind: string) => ({ operation_id: `${kind}_${machine_id}_0123456789abcdef` });
    expect((await agent.call('get_operation', id('wake'))).data).toMatchObject({
      status: 'done',
      phase: 'running',
    });
    for (const kind of ['sleep', 'destroy']) {
      const told = await agent.call('get_operation', id(kind));
      expect(told.isError).toBe(true);
      expect(told.texts[0]).toMatch(new RegExp(`phase running.*${kind}_machine`, 's'));
    }
    expect((await agent.call('list_machines')).data).toMatchObject({
      machines: [{ machine_id, phase: 'running' }],
    });
    await agent.finish('sleep_machine');
    await forgetAll();
    const later = await lab.connect();
    expect((await later.call('get_operation', id('sleep'))).data).toMatchObject({
      status: 'done',
      phase: 'sleeping',
    });
    await later.assembled.services.machines.destroy(String(machine_id));
    expect((await later.call('get_operation', id('destroy'))).data).toMatchObject({
      status: 'done',
      phase: 'destroyed',
    });
  });
});

describe('an old call to create a machine', () => {
  /** A deploy whose create call was sent `hours` ago and never answered. */
  async function unanswered(
    hours: number,
    createMs = 60_000,
  ): Promise<{ operation_id: string; later: LabClient }> {
    const first = await lab.connect();
    lab.local.api.faults.set({ faults: [{ operation: 'create', action: { type: 'slow', ms: createMs } }] });
    const { data } = await first.call('deploy_openclaw', { wait_seconds: 0 });
    await expect.poll(async () => JSON.stringify(await records())).toContain('"keyAt"');
    first.assembled.close();
    lab.local.api.faults.set({ faults: [] });
    const clock = skippingClock();
    clock.skip(hours * HOUR);
    return { operation_id: String(data.operation_id), later: await lab.connect({}, { clock }) };
  }

  it('is repeated under its key while that protects it', async () => {
    const before = created();
    const { operation_id, later } = await unanswered(11, 1500);
    expect((await later.finish('get_operation', { operation_id })).data).toMatchObject({ status: 'ready' });
    expect(created() - before).toBe(1);
  });

  it('is not repeated later while a machine may be its own; the person decides, and goes on', async () => {
    const { operation_id, later } = await unanswered(13);
    const suspect = await agent.assembled.services.machines.create(
      { vcpu: 1, memoryMib: 2048, storageGib: 10 },
      'by-hand',
    );
    const before = created();
    const told = await later.finish('get_operation', { operation_id });
    expect(told.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
    expect(told.texts[0]).toContain(suspect.machineId);
    expect(created() - before).toBe(0);
    const { data } = await later.finish('deploy_openclaw', { machine_id: suspect.machineId });
    expect(data).toMatchObject({ status: 'ready', machine_id: suspect.machineId });
    expect(created() - before).toBe(0);
  });

  it('gives way to a new one where no machine can be its own', async () => {
    const { operation_id, later } = await unanswered(13);
    for (const { machineId } of await later.assembled.services.machines.list())
      await later.assembled.services.machines.destroy(machineId);
    const { data } = await later.finish('get_operation', { operation_id });
    expect(data).toMatchObject({ status: 'ready' });
    expect((await later.call('list_machines')).data).toMatchObject({ quota_used: 1 });
  });
});

describe('an old record', () => {
  it('is forgotten a week after its end, but not the one that carries a name', async () => {
    const { machine_id, operation_id } = (await agent.finish('deploy_openclaw', { name: 'kept' })).data;
    await agent.finish('chat', { message: 'Hello' });
    for (const name of await readdir(ended())) await age(join(ended(), name));
    // Looked at once a day.
    await writeFile(join(folder(), '.tidied'), new Date(Date.now() - 25 * HOUR).toISOString());
    await agent.finish('chat', { message: 'Hello again' });
    const left = await records();
    expect(left.filter((one) => one.kind === 'turn')).toHaveLength(1);
    expect(left.filter((one) => one.kind === 'deploy').map((one) => one.id)).toEqual([operation_id]);
    expect((await agent.call('list_machines')).data).toMatchObject({
      machines: [{ machine_id, name: 'kept' }],
    });
  });
});

/** Those of operations that go on and those that have ended; the folder of the latter is made by the first end. */
async function records(): Promise<{ id: string; kind: string }[]> {
  const folders = await Promise.all(
    [folder(), ended()].map(async (dir) =>
      (await readdir(dir).catch(() => [])).map((name) => join(dir, name)),
    ),
  );
  const files = folders.flat().filter((file) => file.endsWith('.json'));
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8'))));
}

async function age(file: string): Promise<void> {
  const record = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(
    file,
    JSON.stringify({ ...record, updatedAt: new Date(Date.now() - 8 * 24 * HOUR).toISOString() }),
  );
}
