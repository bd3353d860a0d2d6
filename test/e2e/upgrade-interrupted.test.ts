/** An upgrade by the real scripts on the stand-in registry: the new version with the old sessions, or all as before. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { JobSnapshot } from '../../src/openclaw/ports.ts';
import { type UpgradeService, upgradeOutcome, upgradeService } from '../../src/openclaw/upgrade.ts';
import { STAND_IN_RELEASE } from '../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture } from '../unit/openclaw/deployed.ts';

let registry: FakeRegistry;
let on: Fixture | undefined;
beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
});
afterAll(() => registry.close());
afterEach(() => on?.machine.remove());

const sources = () => ({ npmRegistry: `${registry.url}/`, nodeMirror: `${registry.url}/dist` });
const mcpDir = (fixed: Fixture) => join(fixed.machine.home, '.openclaw-mcp');
const config = (fixed: Fixture) => join(fixed.machine.home, '.openclaw', 'openclaw.json');
const keepsake = (fixed: Fixture) => join(fixed.machine.home, '.openclaw', 'workspace', 'MEMORY.md');
const upgrades = (fixed: Fixture): UpgradeService =>
  upgradeService({ machines: fixed.machine, release: STAND_IN_RELEASE, ...sources() });
const trees = async (fixed: Fixture) =>
  (await readdir(mcpDir(fixed))).filter((name) => /^(?:app|node)-/.test(name)).sort();

async function deployed(version: string): Promise<Fixture> {
  on = await fixture(sources());
  expect((await on.deploy('op-0', version)).state).toBe('done');
  await writeFile(keepsake(on), 'what the assistant knows');
  return on;
}

async function begin(fixed: Fixture, jobId: string, to: string, restore?: string): Promise<void> {
  const plan = await fixed.openclaw.resolve('m', to);
  await upgrades(fixed).startUpgrade('m', jobId, { ...plan, restore });
}

async function ended(fixed: Fixture, jobId: string): Promise<JobSnapshot> {
  for (let seenStages = 0; ; ) {
    const job = await fixed.openclaw.readJob('m', jobId, { waitSeconds: 10, seenStages });
    if (job.state !== 'running') return job;
    seenStages = job.stages.length;
  }
}

async function upgraded(fixed: Fixture, jobId: string, to: string, restore?: string): Promise<JobSnapshot> {
  await begin(fixed, jobId, to, restore);
  return ended(fixed, jobId);
}

test('the new version works with the state and settings of the old one, which stays as the way back', async () => {
  const fixed = await deployed('2026.7.1');
  const own = JSON.parse(await readFile(config(fixed), 'utf8'));
  own.agents.defaults.timeoutSeconds = 4711;
  await writeFile(config(fixed), JSON.stringify(own), { mode: 0o600 });

  const job = await upgraded(fixed, 'op-1', '2026.9.6');
  expect(upgradeOutcome(job)).toEqual({
    upgrade: {
      ...{ from: '2026.7.1', to: '2026.9.6', node_from: '24.21.0', node_to: '24.21.0' },
      ...{ state_migrated: false, rolled_back: false },
    },
    plugins: { updated: [], left: [] },
    failure: undefined,
  });
  expect(job.stages.map(({ name }) => name)).toEqual(['node', 'openclaw', 'stop', 'keep', 'switch', 'start']);
  expect(await fixed.openclaw.probe('m')).toMatchObject({
    openclaw_version: '2026.9.6',
    authenticated: 'yes',
  });
  const after = JSON.parse(await readFile(config(fixed), 'utf8'));
  expect(after.agents.defaults.timeoutSeconds).toBe(4711);
  expect(after.meta.migrations.modelPolicyAllowlist).toBe(true);
  expect(await upgrades(fixed).keptStates('m')).toEqual(['2026.7.1']);
  const deployment = JSON.parse(await readFile(join(mcpDir(fixed), 'deployment.json'), 'utf8'));
  expect(deployment).toMatchObject({ name: 'mine', openclawVersion: '2026.9.6', nodeVersion: '24.21.0' });

  await writeFile(keepsake(fixed), 'learnt since');
  const back = upgradeOutcome(await upgraded(fixed, 'op-2', '2026.7.1', '2026.7.1'));
  expect(back).toMatchObject({ upgrade: { from: '2026.9.6', to: '2026.7.1' }, failure: undefined });
  expect(await readFile(keepsake(fixed), 'utf8')).toBe('what the assistant knows');
  expect(await readFile(join(mcpDir(fixed), 'replaced', 'workspace', 'MEMORY.md'), 'utf8')).toBe(
    'learnt since',
  );
});

test('a version whose gateway does not start is undone by itself, and the reason is given', async () => {
  const fixed = await deployed('2026.7.1');
  const before = await readFile(config(fixed), 'utf8');
  const job = await upgraded(fixed, 'op-1', '2026.9.4');
  const { failure } = upgradeOutcome(job);
  expect(failure?.message).toContain('2026.7.1 answers again');
  expect(failure).toMatchObject({
    details: { script_error: 'gateway_exited' },
    foreign: expect.stringContaining('undici'),
  });
  expect(await fixed.openclaw.probe('m')).toMatchObject({
    openclaw_version: '2026.7.1',
    authenticated: 'yes',
  });
  expect(await readFile(config(fixed), 'utf8')).toBe(before);
  expect(await readFile(keepsake(fixed), 'utf8')).toBe('what the assistant knows');
  expect((await upgraded(fixed, 'op-2', '2026.9.6')).result).toMatchObject({ rolled_back: 'no' });
  expect(await trees(fixed)).toEqual(['app-2026.7.1', 'app-2026.9.6', 'node-24.21.0']);
});

test.each(['stop', 'keep', 'switch', 'start'])(
  'killed at stage %s, even with the old gateway started in between, it ends as if nothing had happened',
  async (stage) => {
    const fixed = await deployed('2026.7.1');
    await begin(fixed, 'op-1', '2026.9.6');
    for (let seenStages = 0; ; ) {
      const job = await fixed.openclaw.readJob('m', 'op-1', { waitSeconds: 10, seenStages });
      if (job.state !== 'running' || job.stages.some(({ name }) => name === stage)) break;
      seenStages = job.stages.length;
    }
    await fixed.machine.kill('jobs/op-1/pid');
    await fixed.openclaw.startGateway('m');
    await writeFile(keepsake(fixed), 'said in between');
    const job = await upgraded(fixed, 'op-1', '2026.9.6');
    expect(job.result).toMatchObject({ from: '2026.7.1', to: '2026.9.6', rolled_back: 'no' });
    expect(await fixed.openclaw.probe('m')).toMatchObject({
      openclaw_version: '2026.9.6',
      authenticated: 'yes',
    });
    expect(await readFile(keepsake(fixed), 'utf8')).toBe('said in between');
  },
);

test.each(['op-1', 'op-2'])(
  'killed before the switch, what was said to the old gateway since then outlives the failure of %s',
  async (next) => {
    const fixed = await deployed('2026.7.1');
    // As op-1 leaves it when the machine stops just before the links move, a moment that cannot be hit.
    const change = join(mcpDir(fixed), 'change');
    await cp(dirname(config(fixed)), join(change, 'state'), { recursive: true });
    await writeFile(join(change, 'job'), 'op-1\n');
    await writeFile(join(change, 'from'), 'node-24.21.0 app-2026.7.1\n');
    await writeFile(join(change, 'databases'), '');
    await writeFile(join(change, 'step'), 'changing\n');
    await writeFile(keepsake(fixed), 'said in between');
    const job = await upgraded(fixed, next, '2026.9.4');
    expect(upgradeOutcome(job)).toMatchObject({
      upgrade: { from: '2026.7.1' },
      failure: { code: 'command_failed' },
    });
    expect(await readFile(keepsake(fixed), 'utf8')).toBe('said in between');
  },
);

test('what a killed upgrade left half done is undone before another one begins', async () => {
  const fixed = await deployed('2026.7.1');
  await begin(fixed, 'op-1', '2026.9.6');
  for (let seenStages = 4; ; ) {
    const job = await fixed.openclaw.readJob('m', 'op-1', { waitSeconds: 10, seenStages });
    if (job.state !== 'running' || job.stages.length >= 5) break;
    seenStages = job.stages.length;
  }
  await fixed.machine.kill('jobs/op-1/pid');
  const job = await upgraded(fixed, 'op-2', '2026.9.4');
  expect(upgradeOutcome(job)).toMatchObject({
    upgrade: { from: '2026.7.1' },
    failure: { code: 'command_failed' },
  });
  expect(await fixed.openclaw.probe('m')).toMatchObject({
    openclaw_version: '2026.7.1',
    authenticated: 'yes',
  });
});
