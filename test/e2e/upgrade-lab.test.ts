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
}, 60_000);
afterAll(() => lab.close());

const remembers = async () => {
  const { data } = await agent.finish('chat', { message: 'What did I tell you first?', session: 's1' });
  return String(data.reply).includes('tangerine');
};

it('rolls back by itself when the new version does not work, and says so', async () => {
  const { data, texts } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.9.4' });
  expect(data).toMatchObject({
    status: 'failed',
    upgrade: { from: '2026.7.1', to: '2026.9.4', rolled_back: true },
    error: { code: 'command_failed', said: expect.stringContaining('undici') },
  });
  expect(texts[0]).toContain('rolled back; 2026.7.1 answers again');
  expect(await remembers()).toBe(true);
}, 60_000);

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
}, 60_000);

it('changes nothing when that version runs already', async () => {
  const { data } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.9.6' });
  expect(data).toMatchObject({ status: 'done', notes: [expect.stringContaining('already')] });
}, 30_000);

it('goes down only when told so', async () => {
  const { data } = await agent.finish('upgrade_openclaw', { openclaw_version: '2026.7.1' });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(data.next).toContain('allow_downgrade');
}, 30_000);
