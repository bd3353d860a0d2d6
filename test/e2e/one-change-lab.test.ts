/** One change of an assistant at a time: two at once would undo each other's work, or take each other's result. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw', { openclaw_version: '2026.7.1' });
}, 60_000);
afterAll(() => lab.close());

it('a setting that was changed during an upgrade is not lost by its rollback', async () => {
  const set = { set: { 'tools.exec.ask': 'always' } };
  const upgrade = agent.call('upgrade_openclaw', { openclaw_version: '2026.9.4', wait_seconds: 1 });
  await expect.poll(async () => (await agent.assembled.services.operations.list('running')).length).toBe(1);
  const refused = await agent.call('configure_openclaw', set);
  expect(refused.isError).toBe(true);
  const { operation_id } = (await upgrade).data;
  expect(refused.texts[0]).toMatch(/upgrade .*is not finished/);
  expect(refused.texts[0]).toContain(`get_operation with operation_id "${operation_id}"`);
  // To look is no change.
  expect((await agent.finish('configure_openclaw')).data).toMatchObject({ status: 'done' });
  expect((await agent.finish('get_operation', { operation_id })).data.status).toBe('failed');
  await agent.finish('configure_openclaw', set);
  expect(JSON.stringify((await agent.finish('configure_openclaw')).data.settings)).toContain(
    '"ask":"always"',
  );
}, 60_000);

it('another version is not answered with the upgrade that runs, and both of two calls at once do not begin', async () => {
  const upgrades = ['2026.9.4', '2026.9.6', '2026.9.4'].map((openclaw_version) =>
    agent.call('upgrade_openclaw', { openclaw_version, wait_seconds: 1 }),
  );
  const [first, second, same] = await Promise.all(upgrades);
  expect(second).toMatchObject({ isError: true });
  expect(second?.texts[0]).toContain('Nothing was begun');
  expect(same?.data.operation_id).toBe(first?.data.operation_id);
  await agent.finish('get_operation', { operation_id: first?.data.operation_id });
  const set = { 'tools.exec.ask': 'off' };
  const changes = [set, { 'tools.exec.ask': 'on-miss' }, set].map((each) =>
    agent.finish('configure_openclaw', { set: each }),
  );
  const [one, other, again] = await Promise.all(changes);
  expect(other?.isError).toBe(true);
  expect(again?.data.operation_id).toBe(one?.data.operation_id);
}, 60_000);
