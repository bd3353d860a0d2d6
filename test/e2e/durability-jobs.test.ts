/** The state folder is gone: what machines keep of changes, upgrades and restores is told by the operation's id alone. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type Lab, type LabClient, startLab, type ToolAnswer } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let machine: string;
beforeAll(async () => {
  lab = await startLab({
    env: { OPENCLAW_MCP_FILES: tmpdir() },
    model: {
      fault: ({ model }) => {
        if (model === 'claude-haiku-4-5') return { kind: 'hang' };
        if (model !== 'claude-2') return undefined;
        return { kind: 'status', status: 404, type: 'not_found_error', message: `model: ${model}` };
      },
    },
  });
  agent = await lab.connect();
  machine = String((await agent.finish('deploy_openclaw', { openclaw_version: '2026.7.1' })).data.machine_id);
}, 300_000);
afterAll(() => lab.close());

/** From here on nobody has any record. */
async function forget(): Promise<void> {
  agent.assembled.close();
  // What it was writing at that moment must not come back after the folder is gone.
  await systemClock.sleep(50);
  await rm(lab.stateDir, { recursive: true, force: true, maxRetries: 9, retryDelay: 50 });
  agent = await lab.connect();
}

/** What a server without any record tells of an operation. */
async function toldAnew(operation_id: unknown): Promise<ToolAnswer> {
  await forget();
  return agent.finish('get_operation', { operation_id });
}

/** The id of a change of the model that is at work at this `stage`. */
async function changing(model: string, stage: string): Promise<unknown> {
  const { operation_id } = (await agent.call('configure_openclaw', { model, wait_seconds: 0 })).data;
  const stages = async () =>
    JSON.stringify((await agent.call('get_operation', { operation_id, wait_seconds: 0 })).data.stages);
  await expect.poll(stages, { interval: 20 }).toContain(`"${stage}"`);
  return operation_id;
}

it('a change of settings is followed to its end', async () => {
  const { data } = await toldAnew(await changing('anthropic/claude-opus-4-6', 'prepare'));
  expect(data).toMatchObject({ status: 'done', applied: 'restart', model: 'anthropic/claude-opus-4-6' });
  expect(data.notes).toContainEqual(expect.stringContaining('record of this operation was lost'));
}, 300_000);

it('a change that failed still says why', async () => {
  const failed = await agent.finish('configure_openclaw', { model: 'anthropic/claude-2' });
  const { data } = await toldAnew(failed.data.operation_id);
  expect(data).toMatchObject({ status: 'failed', error: { code: 'provider' } });
}, 300_000);

it('a change whose machine stopped under it is not begun anew: nobody knows what was asked for', async () => {
  const operation_id = await changing('anthropic/claude-haiku-4-5', 'check');
  await forget();
  // A change it is all the same: another one waits for it.
  await agent.call('get_operation', { operation_id, wait_seconds: 0 });
  const beside = await agent.call('configure_openclaw', { model: 'anthropic/claude-opus-4-6' });
  expect(beside.texts[0]).toContain('another change of settings');
  expect(beside.isError).toBe(true);
  agent.assembled.close();
  await agent.assembled.services.machines.sleep(machine);
  await agent.finish('wake_machine');
  const { data } = await toldAnew(operation_id);
  expect(data).toMatchObject({ status: 'failed', error: { code: 'machine_failed' } });
  expect(data.next).toContain('configure_openclaw');
  expect((await agent.finish('configure_openclaw')).data.model).toBe('anthropic/claude-opus-4-6');
}, 300_000);

it('an upgrade that was rolled back, and one that went well', async () => {
  const undone = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.9.4' });
  expect((await toldAnew(undone.data.operation_id)).data).toMatchObject({
    status: 'failed',
    upgrade: { from: '2026.7.1', to: '2026.9.4', rolled_back: true },
  });
  const done = await agent.finish('upgrade_openclaw');
  expect((await toldAnew(done.data.operation_id)).data).toMatchObject({
    status: 'done',
    openclaw_version: '2026.9.6',
    upgrade: { from: '2026.7.1', to: '2026.9.6', rolled_back: false },
  });
}, 300_000);

it('a backup is not, since only its record knew the file; a restore is', async () => {
  const file = join(tmpdir(), `lost-${machine}.tar.gz`);
  const { data } = await agent.finish('backup_openclaw', { file });
  const told = await toldAnew(data.operation_id);
  expect(told.isError).toBe(true);
  expect(told.texts[0]).toContain('backup_openclaw');
  // With the records went the key of its seal: it might be anybody's now.
  const wish = { action: 'restore', file, replace: true };
  const { next } = (await agent.finish('backup_openclaw', wish)).data;
  const confirmation = /confirmation "([^"]+)"/.exec(String(next))?.[1];
  const back = await agent.finish('backup_openclaw', { ...wish, confirmation });
  expect((await toldAnew(back.data.operation_id)).data).toMatchObject({
    status: 'done',
    machine_id: machine,
    openclaw_version: '2026.9.6',
  });
  await rm(file);
  await rm(`${file}.sha256`, { force: true });
}, 300_000);

it('an id that nobody gave out tells nothing, and sets nothing going', async () => {
  for (const [kind, tool] of [
    ['configure', 'configure_openclaw'],
    ['upgrade', 'upgrade_openclaw'],
    ['restore', 'list_sessions'],
  ]) {
    const told = await agent.call('get_operation', {
      operation_id: `${kind}_${machine}_0123456789abcdef`,
    });
    expect(told.isError).toBe(true);
    expect(told.texts[0]).toMatch(new RegExp(`no trace.*${tool}`, 's'));
  }
  expect(JSON.stringify((await agent.call('get_operation')).data)).not.toContain('0123456789abcdef');
});

it('a machine that sleeps is not woken to be asked', async () => {
  const { operation_id } = (
    await agent.finish('configure_openclaw', { model: 'anthropic/claude-sonnet-4-6' })
  ).data;
  await agent.finish('sleep_machine');
  const told = await toldAnew(operation_id);
  expect(told.isError).toBe(true);
  expect(told.texts[0]).toContain('wake_machine');
  expect((await agent.call('list_machines')).data).toMatchObject({ machines: [{ phase: 'sleeping' }] });
}, 300_000);
