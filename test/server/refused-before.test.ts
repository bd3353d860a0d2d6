/** What can be known from arguments and settings is said before anything is created, woken or resized. */
import { afterEach, expect, test } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';

let lab: Lab;
let server: StandInModel | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  await lab.close();
});

async function connected(env: Record<string, string | undefined> = {}): Promise<LabClient> {
  lab = await startLab({ runtime: noRuntime });
  return lab.connect(env);
}

async function phases(agent: LabClient): Promise<string[]> {
  const { machines } = agent.assembled.services;
  return (await machines.list()).map(({ phase }) => phase);
}

async function asleep(agent: LabClient): Promise<string> {
  const { machines } = agent.assembled.services;
  const { machineId } = await machines.create({ vcpu: 1, memoryMib: 2048, storageGib: 10 }, 'k');
  await machines.waitUntilRunning(machineId);
  await machines.sleep(machineId);
  return machineId;
}

test.each([
  ['a provider without a key', 'groq/llama-3.3-70b', 'GROQ_API_KEY'],
  ['a provider that nobody knows', 'nobody/model', 'anthropic/'],
])('a deploy with a model of %s creates nothing', async (_name, model, expected) => {
  const agent = await connected();
  const { isError, texts } = await agent.call('deploy_openclaw', { model });
  expect([isError, texts.join()]).toEqual([true, expect.stringContaining(expected)]);
  expect(await phases(agent)).toEqual([]);
  expect((await agent.call('get_operation')).texts.join()).not.toContain('deploy_');
});

test.each([
  ['does not exist', '2026.99.9', 'Pass one that exists, such as 2026.9.6'],
  ['has published holes', '2026.2.1', 'allow_unsafe_version'],
  ['is no version', '2026.9.6; true', 'must be a version such as'],
])('a deploy of a release that %s creates nothing', async (_why, openclaw_version, expected) => {
  const agent = await connected();
  const { isError, texts } = await agent.call('deploy_openclaw', { openclaw_version });
  expect([isError, texts.join()]).toEqual([true, expect.stringContaining(expected)]);
  expect(await phases(agent)).toEqual([]);
});

test('a deploy whose model server has no such path creates nothing, and names the address', async () => {
  server = await startStandInModel({ speaks: ['openai-completions'] });
  const agent = await connected({ ANTHROPIC_API_KEY: undefined, OPENAI_BASE_URL: server.url });
  const { isError, texts } = await agent.call('deploy_openclaw', { model: 'openai/qwen3:8b' });
  expect([isError, texts.join()]).toEqual([true, expect.stringContaining(`${server.url}/chat/completions`)]);
  expect(await phases(agent)).toEqual([]);
});

test('a deploy that fails after it made a machine names it, and the call that ends it', async () => {
  const agent = await connected();
  // These machines run no command, so that the deploy ends at its first look.
  const { data, texts } = await agent.finish('deploy_openclaw');
  expect(data.status).toBe('failed');
  const [machine] = await agent.assembled.services.machines.list();
  expect(texts.join()).toContain(`destroy_machine with machine_id "${machine?.machineId}"`);
});

test.each([
  ['chat', { message: '   ' }, 'empty'],
  ['chat', { message: 'hi', session: 'agent:other:x', agent: 'main' }, 'another agent'],
  ['configure_openclaw', { approve: ['not an id'] }, 'approve or deny'],
  ['configure_openclaw', { provider_keys: ['GROQ_API_KEY'] }, 'GROQ_API_KEY'],
  ['configure_openclaw', { provider_keys: ['NOBODY_API_KEY'], memory_mib: 8192 }, 'no model provider'],
  ['configure_openclaw', { channel: 'telegram', autosleep: 'never' }, 'TELEGRAM_BOT_TOKEN'],
  ['backup_openclaw', { action: 'restore', file: 'not-there.tar.gz' }, 'file'],
] as const)('%s with %j wakes nothing', async (tool, args, expected) => {
  const agent = await connected();
  const machine_id = await asleep(agent);
  const { isError, texts } = await agent.call(tool, { machine_id, ...args });
  expect([isError, texts.join()]).toEqual([true, expect.stringContaining(expected)]);
  expect(await phases(agent)).toEqual(['sleeping']);
});
