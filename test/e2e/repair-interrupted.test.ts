/** A machine that falls asleep in the middle of its repair: the repair goes on by itself. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
});
afterAll(() => lab.close());

it('installs OpenClaw anew although the machine slept meanwhile', async () => {
  const { machine_id } = (await agent.finish('deploy_openclaw')).data;
  const { homeDir = '' } = await agent.assembled.services.machines.get(String(machine_id));
  await rm(join(homeDir, '.openclaw-mcp/current/node_modules'), { recursive: true });

  const { operation_id } = (await agent.call('repair_openclaw', { wait_seconds: 0 })).data;
  const stages = async () => {
    const all = await agent.assembled.services.operations.list('all');
    return all.find(({ id }) => id === operation_id)?.stages.map(({ name }) => name);
  };
  await expect.poll(stages, { interval: 10 }).toContain('reinstall');
  lab.local.api.faults.set({
    faults: [{ operation: 'execution_create', action: { type: 'autosleep_now' }, nth: 2 }],
  });

  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'done', left: [] });
  expect(Object(data).done).toContainEqual(expect.stringContaining('Installed OpenClaw'));
});
