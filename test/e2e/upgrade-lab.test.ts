/** upgrade_openclaw through the tools: the conversation survives a new version, and a version that does not work. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw', { openclaw_version: '2026.7.1' });
  await agent.finish('chat', { message: 'Remember the word tangerine.', session: 's1' });
}, 300_000);
afterAll(() => lab.close());

const remembers = async () => {
  const { data } = await agent.finish('chat', { message: 'What did I tell you first?', session: 's1' });
  return String(data.reply).includes('tangerine');
};

it('a deploy of the same name keeps the version, and another one is left to upgrade_openclaw', async () => {
  expect((await agent.finish('deploy_openclaw')).data).toMatchObject({
    status: 'ready',
    openclaw_version: '2026.7.1',
  });
  const other = await agent.finish('deploy_openclaw', { openclaw_version: '2026.9.6' });
  expect(other.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(other.data.next).toMatch(/upgrade_openclaw with .*"2026\.9\.6"/);
  expect((await agent.call('gateway_status')).data).toMatchObject({
    working: true,
    openclaw_version: '2026.7.1',
  });
}, 300_000);

it('a version that never worked on a machine binds nobody: the next deploy takes the newest', async () => {
  const broken = await agent.finish('deploy_openclaw', { name: 'second', openclaw_version: '2026.9.4' });
  expect(broken.data).toMatchObject({ status: 'failed' });
  const { data } = await agent.finish('deploy_openclaw', { name: 'second' });
  expect(data).toMatchObject({ status: 'ready', openclaw_version: '2026.9.6' });
  await agent.assembled.services.machines.destroy(String(data.machine_id));
}, 300_000);

it('rolls back by itself when the new version does not work, and says so', async () => {
  const { data, texts } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.9.4' });
  expect(data).toMatchObject({
    status: 'failed',
    upgrade: { from: '2026.7.1', to: '2026.9.4', rolled_back: true },
    error: { code: 'command_failed', said: expect.stringContaining('undici') },
  });
  expect(texts[0]).toContain('rolled back; 2026.7.1 answers again');
  expect(await remembers()).toBe(true);
}, 300_000);

it('upgrades to the newest with its sessions kept, even from a machine that sleeps', async () => {
  await agent.finish('sleep_machine');
  const { data, texts } = await agent.finish('upgrade_openclaw');
  expect(data).toMatchObject({
    status: 'done',
    openclaw_version: '2026.9.6',
    upgrade: { from: '2026.7.1', to: '2026.9.6', node_to: '24.21.0', rolled_back: false },
  });
  expect(texts[0]).toContain('before: OpenClaw 2026.7.1');
  expect((await agent.call('gateway_status')).data).toMatchObject({
    working: true,
    openclaw_version: '2026.9.6',
  });
  expect(await remembers()).toBe(true);
}, 300_000);

it('changes nothing when that version runs already', async () => {
  const { data } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.9.6' });
  expect(data).toMatchObject({ status: 'done', notes: [expect.stringContaining('already')] });
}, 300_000);

it('goes down only when told so', async () => {
  const { data } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.7.1' });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(data.next).toContain('allow_downgrade');
}, 300_000);

it('takes a version with published holes only when told so', async () => {
  const holed = { openclaw_version: '2026.3.24', allow_downgrade: true };
  const refused = await agent.call('upgrade_openclaw', holed);
  expect(refused.isError).toBe(true);
  expect(refused.texts[0]).toContain('allow_unsafe_version true');
  // A tag that stands for it is seen through on the machine.
  const tagged = await agent.finish('upgrade_openclaw', { ...holed, openclaw_version: 'old' });
  expect(tagged.data).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
  expect(tagged.data.next).toContain('allow_unsafe_version true');
  // Allowed, it comes as far as the next guard: nobody has kept a state that this old version could read.
  const { data } = await agent.finish('upgrade_openclaw', { ...holed, allow_unsafe_version: true });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
}, 300_000);
