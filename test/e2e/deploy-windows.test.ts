/** Deploys that somebody else touches half-way: another server, a cancellation, a destruction, a second wish. */
import { copyFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FaultsRequest } from '../../src/local/api/faults.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab({ settings: { delays: { starting: 400 } }, env: { OPENCLAW_MCP_CONFIRM: 'off' } });
  agent = await lab.connect();
});
afterAll(() => lab.close());
afterEach(async () => {
  set([]);
  lab.registry.held = undefined;
  for (const id of await machines()) await agent.assembled.services.machines.destroy(id);
  await rm(lab.stateDir, { recursive: true, force: true });
});

const set = (faults: FaultsRequest['faults']) => lab.local.api.faults.set({ faults });
const created = () => Number(lab.local.api.stats.document().machines_created);

async function machines(): Promise<string[]> {
  return (await agent.assembled.services.machines.list()).map((one) => one.machineId);
}

/** Begins a deploy and resolves when its machine is there but not yet up. */
async function begun(args: Record<string, unknown> = {}): Promise<{ id: string; machine: string }> {
  const id = String((await agent.call('deploy_openclaw', { wait_seconds: 0, ...args })).data.operation_id);
  const record = async () => (await agent.assembled.services.operations.list('all')).find((r) => r.id === id);
  await expect.poll(async () => (await record())?.machineId, { interval: 10 }).toBeDefined();
  return { id, machine: String((await record())?.machineId) };
}

it('a machine that is destroyed while it boots is not replaced by a new one', async () => {
  const before = created();
  const { id, machine } = await begun();
  const destroyed = await agent.finish('destroy_machine', { machine_id: machine });
  expect(destroyed.data).toMatchObject({ status: 'done', phase: 'destroyed' });
  expect((await agent.finish('get_operation', { operation_id: id })).data.status).toBe('cancelled');
  expect(await machines()).toEqual([]);
  expect(created() - before).toBe(1);
});

it('a server without keys that looks at a deploy says so, and the one that began it goes on', async () => {
  const before = created();
  const keyless = await lab.connect({ ANTHROPIC_API_KEY: undefined });
  const { id } = await begun();
  const seen = await keyless.call('get_operation', { operation_id: id });
  expect(seen).toMatchObject({ isError: true, texts: [expect.stringContaining('ANTHROPIC_API_KEY')] });
  expect((await agent.finish('get_operation', { operation_id: id })).data.status).toBe('ready');
  expect(created() - before).toBe(1);
});

it('a deploy after a cancellation that could not be finished finishes that first', async () => {
  const { id, machine } = await begun();
  set([{ operation: 'delete', action: { type: 'signature_missing' } }]);
  expect((await agent.call('cancel_operation', { operation_id: id })).isError).toBe(true);
  // Its machine is still there, and paid for.
  const left = await agent.call('get_operation', { operation_id: id });
  expect(left.data).toMatchObject({ status: 'cancelled', next: expect.stringContaining('cancel_operation') });
  expect(left.texts[0]).toContain('cancel_operation');
  const again = await agent.finish('deploy_openclaw');
  expect(again.data.status).toBe('ready');
  expect(again.data.machine_id).not.toBe(machine);
  // Repeating the old cancellation must not take the new assistant.
  await agent.call('cancel_operation', { operation_id: id });
  expect(await machines()).toEqual([again.data.machine_id]);
});

it('a deploy that its machine ended alone, and people used since, keeps its machine when it is cancelled', async () => {
  const killed = await lab.connect();
  const { operation_id } = (await killed.call('deploy_openclaw', { wait_seconds: 0 })).data;
  const record = async () => (await agent.assembled.services.operations.list('running'))[0];
  await expect.poll(async () => (await record())?.stages.map(({ name }) => name)).toContain('openclaw');
  killed.assembled.close();
  const [machine_id = ''] = await machines();
  const ready = async () => (await agent.call('gateway_status', { machine_id })).data.working;
  await expect.poll(ready, { timeout: 30_000, interval: 500 }).toBe(true);
  expect((await agent.finish('chat', { machine_id, message: 'Remember the word plum.' })).data.status).toBe(
    'done',
  );
  const cancelled = await agent.call('cancel_operation', { operation_id });
  expect(cancelled.data).toMatchObject({
    status: 'cancelled',
    notes: [expect.stringMatching(/was kept: an assistant works on it already.*Only destroy_machine/)],
  });
  expect(await machines()).toEqual([machine_id]);
  expect((await agent.finish('deploy_openclaw')).data).toMatchObject({ status: 'ready', machine_id });
  const asked = await agent.finish('chat', { machine_id, message: 'What did I tell you first?' });
  expect(asked.data.reply).toContain('plum');
}, 300_000);

it('a cancelled deploy onto a machine that was there ends what was under way on it, and the machine stays', async () => {
  const { machine_id } = (await agent.finish('deploy_openclaw')).data;
  const { homeDir = '' } = await agent.assembled.services.machines.get(String(machine_id));
  // So that there is something to install.
  await rm(join(homeDir, '.openclaw-mcp/current/node_modules/openclaw/package.json'));
  lab.registry.held = /\/openclaw-2026/;
  const { operation_id } = (await agent.call('deploy_openclaw', { wait_seconds: 0 })).data;
  await expect.poll(lab.registry.holding).toBeGreaterThan(0);
  // What would change the same files has to wait for it.
  for (const tool of ['repair_openclaw', 'upgrade_openclaw']) {
    const { isError, texts } = await agent.call(tool, { machine_id, wait_seconds: 0 });
    expect(isError).toBe(true);
    expect(texts[0]).toMatch(/Nothing was changed: a deploy .*is not finished/);
    expect(texts[0]).toContain(String(operation_id));
  }
  expect((await agent.call('cancel_operation', { operation_id })).data.status).toBe('cancelled');
  await expect.poll(lab.registry.holding).toBe(0);
  lab.registry.held = undefined;
  expect(await machines()).toEqual([machine_id]);
  expect((await agent.finish('deploy_openclaw')).data).toMatchObject({ status: 'ready', machine_id });
});

it('a deploy of a name onto another machine than the one that is on its way is refused, not joined', async () => {
  const { id, machine } = await begun();
  const other = await agent.call('deploy_openclaw', { machine_id: 'dm-another', wait_seconds: 0 });
  expect(other).toMatchObject({ isError: true, texts: [expect.stringContaining(id)] });
  const same = await agent.call('deploy_openclaw', { machine_id: machine, wait_seconds: 0 });
  expect(same.data.operation_id).toBe(id);
  await agent.call('cancel_operation', { operation_id: id });
});

it('an upgrade or a restore is joined only by a call that means the same', async () => {
  await agent.finish('deploy_openclaw', { openclaw_version: '2026.7.1' });
  const { data } = await agent.finish('backup_openclaw', { file: 'one.tar.gz' });
  const { file } = Object(data.backup);
  await copyFile(file, join(dirname(file), 'two.tar.gz'));

  const upgrade = { openclaw_version: '2026.9.6', wait_seconds: 0 };
  const first = await agent.call('upgrade_openclaw', upgrade);
  const id = String(first.data.operation_id);
  const other = await agent.call('upgrade_openclaw', { ...upgrade, openclaw_version: '2026.9.4' });
  expect(other).toMatchObject({ isError: true, texts: [expect.stringContaining(id)] });
  expect((await agent.call('upgrade_openclaw', upgrade)).data.operation_id).toBe(id);
  await agent.finish('get_operation', { operation_id: id });

  const restore = { action: 'restore', replace: true, wait_seconds: 0 };
  const back = await agent.call('backup_openclaw', { ...restore, file: 'one.tar.gz' });
  const two = await agent.call('backup_openclaw', { ...restore, file: 'two.tar.gz' });
  expect(two).toMatchObject({
    isError: true,
    texts: [expect.stringContaining(String(back.data.operation_id))],
  });
  await agent.finish('get_operation', { operation_id: back.data.operation_id });
});

it('a deploy whose create call was not sent can be cancelled on a full account', async () => {
  const full = {
    type: 'refuse',
    status: 409,
    error_code: 'QUOTA',
    message: 'machine quota exceeded',
  } as const;
  const killed = await lab.connect();
  set([{ operation: 'create', action: { type: 'unavailable' }, times: 100 }]);
  const { operation_id } = (await killed.call('deploy_openclaw', { wait_seconds: 0 })).data;
  const { operations } = agent.assembled.services;
  await expect
    .poll(async () => (await operations.list('running'))[0]?.state.key, { interval: 10 })
    .toBeDefined();
  // Otherwise it might ask once more by itself, and fail before it is cancelled.
  killed.assembled.close();
  set([{ operation: 'create', action: { retryable: false, ...full }, times: 100 }]);
  expect((await agent.call('cancel_operation', { operation_id })).data.status).toBe('cancelled');
});
