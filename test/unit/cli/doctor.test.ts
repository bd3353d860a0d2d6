/** `doctor` finds what is wrong before a machine is touched, says what to do, and gives nothing away. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { version } from '../../../package.json';
import { type DoctorFlags, doctor } from '../../../src/cli/doctor/doctor.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { presentServer } from '../../../src/cli/doctor/local.ts';
import { environmentOf } from '../../../src/cli/environment.ts';
import type { Environment } from '../../../src/config/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { writePrivate } from '../../../src/core/files.ts';
import { silentLog } from '../../../src/core/log.ts';
import { lockStateDir } from '../../../src/local/daemon/lock.ts';
import { localFolder, readyPath } from '../../../src/local/daemon/ready-file.ts';

const KEY = 'dk-0123456789';
const GIB = 1024 ** 3;

let dir = '';
let api: Server | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'doctor-'));
  await chmod(dir, 0o700);
});
afterEach(async () => {
  api?.close();
  await rm(dir, { recursive: true, force: true });
});

interface Report {
  code: number;
  printed: string;
  of(check: string): Finding | undefined;
}

async function examine(env: Environment, flags: Partial<DoctorFlags> = {}): Promise<Report> {
  let printed = '';
  const code = await doctor(
    { local: false, json: true, ...flags },
    {
      settings: environmentOf({ OPENCLAW_MCP_STATE_DIR: dir, ...env }, {}, flags.local ?? false),
      log: silentLog,
      clock: systemClock,
      platform: process.platform,
      nodeVersion: '20.20.2',
      availableMemory: 3 * GIB,
      cwd: dir,
      print: (text) => {
        printed += text;
      },
    },
  );
  const findings = (): Finding[] => JSON.parse(printed).findings;
  return { code, printed, of: (check) => findings().find((finding) => finding.check === check) };
}

/** A cloud that answers every request the same way. */
async function cloud(answer: RequestListener): Promise<Environment> {
  api = createServer(answer);
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    DEDALUS_API_KEY: KEY,
    DEDALUS_BASE_URL: `http://127.0.0.1:${port}`,
    ANTHROPIC_API_KEY: 'sk-ant-0123456789',
  };
}

function machines(items: readonly object[], headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ items }));
  };
}

const machine = (id: string, phase: string) => ({ machine_id: id, phase, autosleep_seconds: 1800 });

test('a setup that works is called ready, with exit code 0', async () => {
  const report = await examine(await cloud(machines([machine('m1', 'sleeping')])));
  expect(report.code).toBe(0);
  expect(report.of('Dedalus API')?.detail).toMatch(/answers and takes the key \(API generation 3\)/);
  expect(report.of('quota')?.detail).toMatch(/^1 machine/);
  expect(report.of('clock')?.state).toBe('ok');
});

test('nothing set: every missing thing is named at once, and nothing is asked of the network', async () => {
  const report = await examine({});
  expect(report.code).toBe(1);
  expect(report.of('Dedalus key')?.remedy).toContain('--local');
  expect(report.of('provider key')?.remedy).toContain('ANTHROPIC_API_KEY');
  expect(report.of('Dedalus API')).toBeUndefined();
});

test('a key that the API refuses, and an address that is no Machines API', async () => {
  const refusing = await cloud((_request, response) => response.writeHead(401).end('{}'));
  expect((await examine(refusing)).of('Dedalus API')).toMatchObject({
    state: 'problem',
    remedy: expect.stringContaining('DEDALUS_API_KEY'),
  });
  const html = await cloud((_request, response) => response.writeHead(404).end('<html>'));
  expect((await examine(html)).of('Dedalus API')?.remedy).toContain('DEDALUS_BASE_URL');
});

test('a clock that is wrong is found by the date of the answer', async () => {
  const date = new Date(Date.now() - 3_600_000).toUTCString();
  const report = await examine(await cloud(machines([], { date })));
  expect(report.of('clock')).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(/^36\d\d s ahead of/),
  });
  expect(report.code).toBe(0);
});

test('machines that hold the quota for nothing, and a pinned machine that is not there', async () => {
  const env = await cloud(machines([machine('m1', 'failed'), machine('m2', 'running')]));
  const report = await examine({ ...env, OPENCLAW_MCP_MACHINE_ID: 'm3' });
  expect(report.of('quota')).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining('1 of them failed'),
  });
  expect(report.of('pinned machine')?.state).toBe('problem');
});

test('wrong settings are listed by name, and an unreadable source of keys is a finding too', async () => {
  const report = await examine({
    DEDALUS_BASE_URL: 'http://dedalus.example',
    OPENCLAW_MCP_TOOL_WAIT_MS: 'soon',
  });
  expect(report.of('settings')?.detail).toMatch(/DEDALUS_BASE_URL.*OPENCLAW_MCP_TOOL_WAIT_MS/);
  await writeFile(join(dir, 'credentials.json'), '{', { mode: 0o600 });
  const broken = await examine({ DEDALUS_BASE_URL: 'http://127.0.0.1:9' });
  expect(broken.of('settings')).toMatchObject({
    state: 'problem',
    detail: expect.stringContaining('The credentials file is damaged'),
    remedy: expect.stringContaining('login` again'),
  });
  expect(broken.of('state folder')).toMatchObject({ state: 'ok' });
});

test.each([
  ['of another provider', { ANTHROPIC_API_KEY: 'sk-proj-0123456789' }, 'anthropic key', 'warning'],
  ['in quotes', { OPENAI_API_KEY: '"sk-0123456789"' }, 'openai key', 'problem'],
  [
    'for another address',
    { OPENAI_API_KEY: 'gateway', OPENAI_BASE_URL: 'https://x.example/v1' },
    'openai key',
    'ok',
  ],
])('a provider key %s', async (_what, env, check, state) => {
  const report = await examine(env);
  expect(report.of(check)?.state).toBe(state);
});

test('files that others can read are named with the command that mends it', async () => {
  const file = join(dir, '.env');
  await writeFile(file, 'DEDALUS_API_KEY=x');
  await chmod(file, 0o644);
  expect((await examine({})).of('private file')).toMatchObject({
    state: 'warning',
    remedy: `Run: chmod go= '${file}'`,
  });
});

test('a local API of another version that still serves is warned of, with what to do', async () => {
  const look = () => presentServer(dir);
  expect(await look()).toMatchObject({ state: 'ok', detail: expect.stringContaining('not running') });
  const unlock = await lockStateDir(systemClock, localFolder(dir));
  const serving = { base_url: 'http://127.0.0.1:9', api_key: 'k', pid: process.pid, background: true };
  const told = (version: object) => writePrivate(readyPath(dir), JSON.stringify({ ...serving, ...version }));
  await told({ version: '0.0.1' });
  expect(await look()).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining(`process ${process.pid} is of version 0.0.1`),
    remedy: expect.stringMatching(/sleep_machine .* restart the MCP client/),
  });
  await told({ version: '999.0.0' });
  expect((await look()).remedy).toContain('Update this program');
  await told({ version: '0.0.1', background: false });
  expect((await look()).remedy).toContain(`End process ${process.pid} where you started it`);
  await told({ version });
  expect(await look()).toMatchObject({ state: 'ok' });
  await unlock();
});

test('local mode wants programs, memory and disk, and no account', { timeout: 30_000 }, async () => {
  const report = await examine({ ANTHROPIC_API_KEY: 'sk-ant-1', PATH: process.env.PATH }, { local: true });
  expect(report.of('local API')).toMatchObject({ state: 'ok' });
  expect(report.of('Dedalus key')).toBeUndefined();
  expect(report.of('programs')?.state).toBe('ok');
  expect(report.of('memory')?.detail).toBe('3072 MiB free');
  expect(report.of('disk')).toBeDefined();
  expect(['ok', 'warning']).toContain(report.of('isolation')?.state);
  expect((await examine({ PATH: dir }, { local: true })).of('programs')).toMatchObject({
    state: 'problem',
    detail: 'bash, curl, tar, gzip, base64 cannot be found',
  });
});

test('people read one line per finding and the remedy below it; no value of a key in either form', async () => {
  const env = { ...(await cloud(machines([]))), OPENAI_API_KEY: 'not-of-openai' };
  const { printed } = await examine(env, { json: false });
  expect(printed).toMatch(/^✓ node +Node 20/);
  expect(printed).toMatch(/^! openai key .*\n +→ Check that/m);
  expect(printed.trim()).toMatch(/Ready\.$/);
  for (const value of [KEY, 'not-of-openai']) {
    expect(printed).not.toContain(value);
    expect((await examine(env)).printed).not.toContain(value);
  }
});
