/** A machine that version 70a3ae7 has deployed: taken over as it is, and closed to that version from then on. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';
import { oldCommand, oldDeploy } from '../support/old-machine-side.ts';

let lab: Lab;
let agent: LabClient;
let machine_id: string;
let home: string;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  const { machines, openclaw } = agent.assembled.services;
  const made = await machines.create({ vcpu: 1, memoryMib: 2048, storageGib: 10 }, 'old-machine');
  machine_id = made.machineId;
  await machines.waitForGuest(machine_id);
  home = (await machines.get(machine_id)).homeDir ?? '';
  const plan = { ...(await openclaw.resolve(machine_id, undefined)), openclawVersion: '2026.7.1' };
  const from = {
    key: PROVIDER_KEY,
    addresses: { ANTHROPIC_BASE_URL: lab.model.url },
    registry: lab.registry.url,
  };
  await machines.run(machine_id, oldDeploy('op-old', plan, from));
}, 300_000);
afterAll(() => lab.close());

const of = (...path: string[]) => join(home, '.openclaw-mcp', ...path);
const gatewayPid = async () => (await readFile(of('gateway.pid'), 'utf8')).split(' ')[0];

it('the job that it began is followed to its end by this server', async () => {
  const { openclaw } = agent.assembled.services;
  let job = await openclaw.readJob(machine_id, 'op-old', { waitSeconds: 10, seenStages: 0 });
  while (job.state === 'running')
    job = await openclaw.readJob(machine_id, 'op-old', { waitSeconds: 10, seenStages: job.stages.length });
  expect(job).toMatchObject({ state: 'done', result: { state: 'ready', openclaw_version: '2026.7.1' } });
}, 300_000);

it('status, chat and backup work without a redeploy, on the gateway that ran, with its token', async () => {
  const [pid, auth] = [await gatewayPid(), await readFile(of('auth'), 'utf8')];
  expect((await agent.call('gateway_status', { machine_id })).data).toMatchObject({
    working: true,
    openclaw_version: '2026.7.1',
  });
  const chat = await agent.finish('chat', {
    machine_id,
    message: 'Remember the word quince.',
    session: 's1',
  });
  expect(chat.data).toMatchObject({ status: 'done' });
  expect((await agent.finish('backup_openclaw', { machine_id })).data).toMatchObject({ status: 'done' });
  expect([await gatewayPid(), await readFile(of('auth'), 'utf8')]).toEqual([pid, auth]);
}, 300_000);

it('the version before can neither stop the gateway nor start one beside it', async () => {
  const { machines } = agent.assembled.services;
  const pid = await gatewayPid();
  const stopped = await machines.run(machine_id, oldCommand('stop-gateway'));
  expect(stopped.stdout).toContain('error=locked');
  const started = await machines.run(machine_id, oldCommand('start-gateway'));
  expect(started.stdout).toMatch(/started=no|error=locked/);
  expect(await gatewayPid()).toBe(pid);
  expect((await agent.call('gateway_status', { machine_id })).data).toMatchObject({ working: true });
}, 300_000);

it('an upgrade keeps the conversation', async () => {
  const { data } = await agent.finish('upgrade_openclaw', { machine_id });
  expect(data).toMatchObject({ status: 'done', upgrade: { from: '2026.7.1', to: '2026.9.6' } });
  const asked = await agent.finish('chat', {
    machine_id,
    message: 'What did I tell you first?',
    session: 's1',
  });
  expect(String(asked.data.reply)).toContain('quince');
}, 300_000);

/** By its own title, or as it is started. */
const GATEWAY = /^openclaw-gateway|openclaw\.mjs gateway/;

/** What runs of this machine's home: the command line of each process that was told where it is. */
async function running(): Promise<string[]> {
  const lines = (await readdir('/proc')).map(async (pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const read = (name: string) => readFile(join('/proc', pid, name), 'utf8').catch(() => '');
    const [environ, command] = [await read('environ'), await read('cmdline')];
    return environ.includes(home) || command.includes(home) ? [command.replaceAll('\0', ' ').trim()] : [];
  });
  return (await Promise.all(lines)).flat();
}

it('nothing of the version before runs any more, only the program and the gateway that it started', async () => {
  await agent.call('gateway_status', { machine_id });
  const own = await realpath(of());
  const ours = (line: string) => /\/sidecar\/[0-9a-f]{32}\.mjs serve /.test(line) || GATEWAY.test(line);
  await expect.poll(async () => (await running()).filter((line) => !ours(line))).toEqual([]);
  const lines = await running();
  expect(lines.filter((line) => /\/sidecar\//.test(line))).toHaveLength(1);
  expect(lines.filter((line) => GATEWAY.test(line))).toHaveLength(1);
  // Its program, its job folders and its locks: what it left behind, nobody executes.
  expect((await readdir(own)).filter((name) => name.endsWith('.sh'))).toEqual([]);
}, 60_000);
