/** Diagnosis and mends on a real home with real processes: each thing that breaks is seen and mended, and nothing else. */
import { once } from 'node:events';
import { appendFile, chmod, mkdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { providerKeys } from '../../src/openclaw/catalog/providers.ts';
import type { RepairService } from '../../src/openclaw/repair/ports.ts';
import { repairService } from '../../src/openclaw/repair/repair-service.ts';
import { STAND_IN_RELEASE } from '../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture, freePort, KEY } from '../unit/openclaw/deployed.ts';
import { startGatewayBeside } from '../unit/openclaw/second-gateway.ts';

let registry: FakeRegistry;
let on: Fixture;
let repair: RepairService;
beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
  const sources = { npmRegistry: registry.url, nodeMirror: `${registry.url}/dist` };
  on = await fixture(sources);
  const providers = providerKeys({ ANTHROPIC_API_KEY: KEY });
  repair = repairService({ machines: on.machine, release: STAND_IN_RELEASE, providers, ...sources });
  expect((await on.deploy('op-1')).state).toBe('done');
});
afterAll(async () => {
  await on.machine.remove();
  await registry.close();
});

const file = (...path: string[]) => join(on.machine.home, ...path);
const app = (...path: string[]) => file('.openclaw-mcp', 'current', 'node_modules', 'openclaw', ...path);
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

const HEALTHY = {
  process: 'running',
  ready: 'yes',
  authenticated: 'yes',
  duplicates: 0,
  stale_locks: 0,
  out_of_memory: false,
  node: 'ok',
  tree: 'ok',
  config: 'ok',
  missing_keys: [],
  open_files: [],
  auth_file: 'ok',
  jobs_running: [],
};

test('nothing is wrong with a fresh deploy, and nothing is mended there', async () => {
  const before = await readFile(file('.openclaw', 'openclaw.json'), 'utf8');
  expect(await repair.diagnose('m')).toMatchObject({ ...HEALTHY, port_owner: undefined, last_good: true });
  expect(await repair.mend('m', ['duplicates', 'hung', 'locks', 'config'])).toEqual({});
  expect(await readFile(file('.openclaw', 'openclaw.json'), 'utf8')).toBe(before);
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('a second gateway on another port is ended, and the first one stays', async () => {
  const second = await startGatewayBeside(on.machine, await freePort());
  expect(await repair.diagnose('m')).toMatchObject({ duplicates: 1, authenticated: 'yes' });
  expect(await repair.mend('m', ['duplicates'])).toEqual({ duplicates: '1' });
  await second.ended;
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('files that others can read are closed', async () => {
  await chmod(file('.openclaw', 'secrets.json'), 0o644);
  await chmod(file('.openclaw'), 0o755);
  expect(await repair.diagnose('m')).toMatchObject({ open_files: ['secrets.json', 'folder'] });
  await repair.mend('m', ['modes']);
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('an access token file that is missing or wrong is written again', async () => {
  await writeFile(file('.openclaw-mcp', 'auth'), 'Authorization: Bearer wrong', { mode: 0o600 });
  expect(await repair.diagnose('m')).toMatchObject({ auth_file: 'stale', authenticated: 'refused' });
  await repair.mend('m', ['auth']);
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('a configuration that is broken is put aside, and the last proven one comes back', async () => {
  const config = file('.openclaw', 'openclaw.json');
  const good = await readFile(config, 'utf8');
  await writeFile(config, '{"gateway": {');
  expect(await repair.diagnose('m')).toMatchObject({ config: 'invalid' });
  expect(await repair.mend('m', ['config'])).toEqual({ config: 'restored' });
  expect(await readFile(config, 'utf8')).toBe(good);
  expect(await readFile(file('.openclaw-mcp', 'openclaw.broken.json'), 'utf8')).toBe('{"gateway": {');
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('missing keys are named and put back, with the ones that are there and the token unchanged', async () => {
  const secrets = file('.openclaw', 'secrets.json');
  const whole = JSON.parse(await readFile(secrets, 'utf8'));
  await writeFile(secrets, JSON.stringify({ gateway: whole.gateway, other: 'kept-0123456789' }));
  expect(await repair.diagnose('m')).toMatchObject({ missing_keys: ['anthropic'] });
  await repair.mend('m', ['keys']);
  expect(JSON.parse(await readFile(secrets, 'utf8'))).toEqual({ ...whole, other: 'kept-0123456789' });
  expect((await stat(secrets)).mode & 0o777).toBe(0o600);
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
  expect(on.machine.seen()).not.toContain(KEY);
});

test('a full disk loses caches, unused versions, ended jobs and old log lines, and no state', async () => {
  const lost = [
    '.npm/_cacache/a',
    '.bun/install/cache/b',
    '.openclaw-mcp/app-2026.1.1/c',
    '.openclaw-mcp/node-20.0.0/d',
  ];
  const kept = [
    '.openclaw/workspace/notes.md',
    '.openclaw/agents/main/x',
    '.openclaw-mcp/app-2026.7.1/e',
    'mine.txt',
  ];
  for (const path of [...lost, ...kept]) {
    await mkdir(join(file(path), '..'), { recursive: true });
    await writeFile(file(path), 'x');
  }
  await symlink('app-2026.7.1', file('.openclaw-mcp', 'previous'));
  await truncate(file('.openclaw', 'logs', 'openclaw.log'), 7_000_000);
  await appendFile(file('.openclaw', 'logs', 'openclaw.log'), '{"newest":1}\n');
  await repair.mend('m', ['disk']);
  expect(await Promise.all(lost.map((path) => exists(file(path))))).toEqual(lost.map(() => false));
  expect(await Promise.all(kept.map((path) => exists(file(path))))).toEqual(kept.map(() => true));
  expect((await stat(file('.openclaw', 'logs', 'openclaw.log'))).size).toBeLessThan(1_100_000);
  expect(await readFile(file('.openclaw', 'logs', 'openclaw.log'), 'utf8')).toContain('"newest"');
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('a tree with a file missing is seen, and the same version is installed again with the settings kept', async () => {
  await rm(app('chat.mjs'));
  expect(await repair.diagnose('m')).toMatchObject({
    tree: 'broken',
    tree_missing: expect.stringContaining('chat.mjs'),
  });
  await repair.startReinstall('m', 'op-2', '2026.9.6', '24.21.0');
  expect(await on.openclaw.readJob('m', 'op-2', { waitSeconds: 30, seenStages: 99 })).toMatchObject({
    state: 'done',
  });
  expect(await exists(app('chat.mjs'))).toBe(true);
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('a Node that is gone is seen, also by what it leaves unknown, and comes back', async () => {
  await rm(file('.openclaw-mcp', 'node-24.21.0'), { recursive: true });
  expect(await repair.diagnose('m')).toMatchObject({
    node: 'broken',
    node_wanted: '24.21.0',
    tree: 'not_checked',
  });
  await repair.startReinstall('m', 'op-3', '2026.9.6', '24.21.0');
  expect(await on.openclaw.readJob('m', 'op-3', { waitSeconds: 30, seenStages: 99 })).toMatchObject({
    state: 'done',
  });
  expect(await repair.diagnose('m')).toMatchObject(HEALTHY);
});

test('a gateway that ended for want of memory is known from one that was killed, and starts sparingly from then on', async () => {
  await on.machine.kill('gateway.pid');
  expect(await repair.diagnose('m')).toMatchObject({ process: 'gone', out_of_memory: false });
  await appendFile(file('.openclaw', 'logs', 'gateway.out'), 'FATAL ERROR: JavaScript heap out of memory\n');
  expect(await repair.diagnose('m')).toMatchObject({ out_of_memory: true, low_memory_flags: false });
  await repair.mend('m', ['low_memory']);
  await on.openclaw.startGateway('m');
  expect(await repair.diagnose('m')).toMatchObject({ ...HEALTHY, low_memory_flags: true });
});

test('a lock of a process that is no more is removed, and only while no gateway lives', async () => {
  const lock = file('.openclaw', 'tmp', 'openclaw-0', 'gateway.state.lock');
  await mkdir(join(lock, '..'), { recursive: true });
  await writeFile(lock, JSON.stringify({ pid: process.pid, createdAt: '2026-11-20T00:00:00Z' }));
  expect(await repair.diagnose('m')).toMatchObject({ stale_locks: 0 });
  await on.openclaw.stopGateway('m');
  expect(await repair.diagnose('m')).toMatchObject({ stale_locks: 1, process: 'gone' });
  expect(await repair.mend('m', ['locks'])).toEqual({ locks: '1' });
  expect(await exists(lock)).toBe(false);
});

test('a foreign program on the port is named', async () => {
  const foreign = createServer((_request, response) => response.end('mine'));
  foreign.listen(Number(on.machine.env.OPENCLAW_GATEWAY_PORT), '127.0.0.1');
  await once(foreign, 'listening');
  expect(await repair.diagnose('m')).toMatchObject({
    port_owner: expect.stringContaining(`${process.pid}`),
    duplicates: 0,
  });
  foreign.closeAllConnections();
  foreign.close();
});
