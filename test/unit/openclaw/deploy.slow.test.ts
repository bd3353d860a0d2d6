/** A deploy by the machine's own program on the stand-in registry: whole, or explained, and never half. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { STAND_IN_RELEASE } from '../../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture, KEY } from './deployed.ts';

let registry: FakeRegistry;
let damaged: RegExp | undefined;
let refused: RegExp | undefined;
let on: Fixture | undefined;
beforeAll(async () => {
  registry = await startFakeRegistry({
    readyDelayMs: 20,
    damaged: (path) => damaged?.test(path) ?? false,
    refuse: (path) => (refused?.test(path) ? 404 : undefined),
  });
});
afterAll(() => registry.close());
afterEach(async () => {
  damaged = refused = registry.held = undefined;
  await on?.machine.remove();
});

const sources = () => ({ npmRegistry: `${registry.url}/`, nodeMirror: `${registry.url}/dist` });
const asked = (since: number) => registry.requests.slice(since).join('\n');
const mcpDir = (fixed: Fixture) => join(fixed.machine.home, '.openclaw-mcp');

test('from nothing to a gateway that takes our token, with every secret where only its owner reads it', async () => {
  on = await fixture(sources());
  const job = await on.deploy('op-1');
  expect(job.state).toBe('done');
  expect(job.stages.map(({ name }) => name)).toEqual(['node', 'openclaw', 'configure', 'start', 'ready']);
  expect(job.result).toMatchObject({ openclaw_version: '2026.9.6', node_version: '24.21.0' });
  expect(await on.openclaw.probe('m')).toMatchObject({
    node_version: '24.21.0',
    openclaw_version: '2026.9.6',
    config: 'valid',
    modes: { 'openclaw.json': '600', 'secrets.json': '600', auth: '600' },
    process: 'running',
    health: 'live',
    ready: 'yes',
    authenticated: 'yes',
    deployment_name: 'mine',
  });
  const state = join(on.machine.home, '.openclaw');
  const auth = await readFile(join(mcpDir(on), 'auth'), 'utf8');
  expect(auth).toMatch(/^Authorization: Bearer [0-9a-f]{64}\n$/);
  const config = await readFile(join(state, 'openclaw.json'), 'utf8');
  expect(config).not.toContain(KEY);
  expect(config).not.toContain(auth.slice(-65, -1));
  expect((await stat(state)).mode & 0o777).toBe(0o700);
  expect(on.machine.seen()).not.toContain(KEY);
  expect(on.machine.seen()).not.toContain(auth.slice(-65, -1));

  const again = await on.deploy('op-2');
  expect(again.result).toMatchObject({ started: 'no' });
  expect(await readFile(join(mcpDir(on), 'auth'), 'utf8')).toBe(auth);
});

test('one over a gateway that runs, killed before it had restarted it, restarts it when it goes on', async () => {
  const fixed = await fixture(sources());
  on = fixed;
  await fixed.deploy('op-1');
  const gateway = () => readFile(join(mcpDir(fixed), 'gateway.pid'), 'utf8');
  const before = await gateway();
  expect((await fixed.deploy('op-2')).result).toMatchObject({ started: 'no' });
  // As a kill leaves it: what it had written stands, and its end does not.
  for (const name of ['exit', 'result']) await rm(join(mcpDir(fixed), 'jobs/op-2', name));
  expect((await fixed.deploy('op-2')).result).toMatchObject({ started: 'yes' });
  expect(await gateway()).not.toBe(before);
});

test("where Node's distribution cannot be reached, Node comes from the registry", async () => {
  refused = /^\/dist\//;
  const since = registry.requests.length;
  on = await fixture(sources());
  expect((await on.deploy('op-1')).state).toBe('done');
  expect(asked(since)).toMatch(/\/node-(?:linux|bin-darwin)-\w+\/-\//);
});

test('damaged archives are never used: each has a second source', async () => {
  damaged = /^\/dist\/|bun/;
  const since = registry.requests.length;
  on = await fixture(sources());
  expect((await on.deploy('op-1')).state).toBe('done');
  expect(asked(since)).toMatch(/\/node-(?:linux|bin-darwin)-\w+\/-\//);
  expect(await readFile(join(mcpDir(on), 'install.log'), 'utf8')).toContain('added 1 package');
});

test('without a sound archive nothing is put in place, and the reason is given', async () => {
  damaged = /^\/dist\/|\/node-/;
  on = await fixture(sources());
  const job = await on.deploy('op-1');
  expect(job).toMatchObject({ state: 'failed', error: { code: 'unsupported' } });
  expect(job.error?.foreign).toContain('wrong checksum');
  expect((await readdir(mcpDir(on))).filter((name) => /^(?:node|app)-/.test(name))).toEqual([]);
});

test('a gateway that ends at once fails the deploy with what it printed', async () => {
  on = await fixture(sources());
  const job = await on.deploy('op-1', '2026.9.4');
  expect(job).toMatchObject({ state: 'failed', error: { details: { script_error: 'gateway_exited' } } });
  expect(job.error?.foreign).not.toBe('');
});

test('a deploy whose process was killed is lost, and goes on under the same id', async () => {
  registry.held = /\/openclaw-2026\.9\.6\.tgz/;
  on = await fixture(sources());
  await on.start('op-1');
  await expect.poll(registry.holding).toBeGreaterThan(0);
  await on.machine.kill('jobs/op-1/pid');
  expect(await on.openclaw.readJob('m', 'op-1')).toMatchObject({ state: 'lost' });
  registry.held = undefined;
  const job = await on.deploy('op-1');
  expect(job.state).toBe('done');
  expect(job.stages.map(({ name }) => name)).toContain('resumed');
  expect(await readdir(mcpDir(on))).not.toContain('installing');
});

test('a deploy that is stopped ends with the installer that it has started, and does not begin again', async () => {
  registry.held = /\/openclaw-2026\.9\.6\.tgz/;
  on = await fixture(sources());
  await on.start('op-1');
  await expect.poll(registry.holding).toBeGreaterThan(0);
  await on.openclaw.stopJob('m', 'op-1');
  await expect.poll(registry.holding).toBe(0);
  expect(await on.openclaw.readJob('m', 'op-1')).toMatchObject({ state: 'lost' });
  registry.held = undefined;
  await expect(on.start('op-1')).rejects.toMatchObject({ code: 'cancelled' });
  await on.openclaw.stopJob('m', 'op-1');
  expect((await on.deploy('op-2')).state).toBe('done');
});

test('an incomplete OpenClaw is noticed and installed again', async () => {
  on = await fixture(sources());
  await on.deploy('op-1');
  await rm(join(mcpDir(on), 'app-2026.9.6', 'node_modules', 'openclaw', 'package.json'));
  await on.openclaw.stopGateway('m');
  expect((await on.deploy('op-2')).state).toBe('done');
});

test("the machine's own registry wins over the one that we would use", async () => {
  on = await fixture(
    { npmRegistry: 'http://127.0.0.1:9/', nodeMirror: `${registry.url}/dist` },
    { NPM_CONFIG_REGISTRY: `${registry.url}/` },
  );
  expect(await on.openclaw.resolve('m', 'latest')).toMatchObject({ openclawVersion: '2026.9.6' });
});

test('the tested release is planned without a question to anybody, and so is what is there already', async () => {
  on = await fixture({ npmRegistry: 'http://127.0.0.1:9/', nodeMirror: undefined });
  expect(await on.openclaw.resolve('m', undefined)).toMatchObject({
    openclawVersion: '2026.9.6',
    nodeVersion: '24.21.0',
    nodeSource: 'registry',
    home: on.machine.home,
    warnings: [],
  });
  const seen = { ...(await on.openclaw.probe('m')), openclaw_version: '2026.11.1', node_version: '26.1.0' };
  expect(await on.openclaw.resolve('m', '2026.11.1', { seen })).toMatchObject({
    openclawVersion: '2026.11.1',
    nodeVersion: '26.1.0',
    warnings: [expect.stringContaining('newer than 2026.9.6, up to which this server was tested')],
  });
});

describe('the sums of this server hold against whoever serves the archives', () => {
  const wrong = `sha512-${'A'.repeat(86)}==`;
  const release = (sums: Record<string, string>) => ({ ...STAND_IN_RELEASE, sums });
  const platform = `${process.platform}-${process.arch}`;

  test('an OpenClaw that the registry itself vouches for, and that is another one, is never put in place', async () => {
    on = await fixture({ ...sources(), release: release({ 'openclaw@2026.9.6': wrong }) });
    const job = await on.deploy('op-1');
    expect(job).toMatchObject({ state: 'failed', error: { details: { script_error: 'wrong_checksum' } } });
    expect(job.error?.foreign).toContain('openclaw@2026.9.6: wrong checksum');
    expect((await readdir(mcpDir(on))).filter((name) => name.startsWith('app-'))).toEqual([]);
    // Another release is none of the pinned one's business.
    expect((await on.deploy('op-2', '2026.7.1')).state).toBe('done');
  });

  test.each([
    ['with the right sum it is taken, from bun', undefined],
    ['and from npm', /bun/],
  ])('%s', async (_, withheld) => {
    refused = withheld;
    const answer = await fetch(`${registry.url}/openclaw/2026.9.6`);
    const { dist } = z.object({ dist: z.object({ integrity: z.string() }) }).parse(await answer.json());
    on = await fixture({
      ...sources(),
      release: release({ 'openclaw@2026.9.6': dist.integrity }),
    });
    expect((await on.deploy('op-1')).state).toBe('done');
  });

  test('a Node for which the mirror has a sum of its own is refused, and had from the registry', async () => {
    const since = registry.requests.length;
    on = await fixture({
      ...sources(),
      release: release({ [`node-v24.21.0-${platform}.tar.gz`]: '0'.repeat(64) }),
    });
    expect((await on.deploy('op-1')).state).toBe('done');
    expect(asked(since)).not.toContain('SHASUMS256.txt');
    expect(asked(since)).toMatch(/\/node-(?:linux|bin-darwin)-\w+\/-\//);
  });

  test('a Node that neither source has as it must be is not installed', async () => {
    const names = [`node-v24.21.0-${platform}.tar.gz`, `node-${platform}@24.21.0`];
    on = await fixture({
      ...sources(),
      release: release(Object.fromEntries(names.map((name) => [name, wrong]))),
    });
    const job = await on.deploy('op-1');
    expect(job).toMatchObject({ state: 'failed', error: { details: { script_error: 'wrong_checksum' } } });
    expect((await readdir(mcpDir(on))).filter((name) => name.startsWith('node-'))).toEqual([]);
  });
});

test.each([
  'http://packages.example',
  'http://127.0.0.1.packages.example',
  'http://localhost:80@packages.example/',
  'ftp://packages.example',
  'file:///etc',
])('%s is no place to install from', async (address) => {
  on = await fixture(sources(), { NPM_CONFIG_REGISTRY: address });
  await expect(on.openclaw.resolve('m', 'latest')).rejects.toMatchObject({
    code: 'config',
    details: { script_error: 'insecure_source' },
  });
});

test("the user's own curl configuration has no say in what is fetched", async () => {
  on = await fixture(sources());
  await writeFile(
    join(on.machine.home, '.curlrc'),
    'proxy = "http://127.0.0.1:9"\nurl = "file:///etc/passwd"\n',
  );
  expect(await on.openclaw.resolve('m', '2026.7.1')).toMatchObject({ openclawVersion: '2026.7.1' });
  expect((await on.deploy('op-1')).state).toBe('done');
});

test('an unknown version is refused with some that exist', async () => {
  on = await fixture(sources());
  await expect(on.openclaw.resolve('m', '2026.1.99')).rejects.toMatchObject({
    code: 'invalid_input',
    next: expect.stringContaining('2026.9.6'),
  });
});

test('an old release deploys too, with a warning about its security holes', async () => {
  on = await fixture(sources());
  const plan = await on.openclaw.resolve('m', '2026.3.24');
  expect(plan).toMatchObject({ nodeVersion: '24.21.0', warnings: [expect.stringContaining('2026.6.8')] });
  expect((await on.deploy('op-1', '2026.3.24')).state).toBe('done');
  expect(await on.openclaw.probe('m')).toMatchObject({ ready: 'yes', startup: 'unsupported' });
});
