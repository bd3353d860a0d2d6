/** Secrets planted wherever they can enter; then every byte that was written is searched, in every spelling. */
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiProxy, type Passed, startApiProxy } from '../support/api-proxy.ts';
import { type Bin, copyOfBin, NODE } from '../support/bin.ts';
import { answer, type Lab, startLab } from '../support/lab.ts';

const CANARY = {
  fromFile: 'canary.ant/file+0123456789=abcdefghij',
  fromDotenv: 'canary.oai/"dotenv"+0123456789abcdef',
  fromEnv: 'canary.router/env+0123456789abcdefghi',
  unused: 'canary.telegram:unused-0123456789abcdef',
};

let lab: Lab;
let proxy: ApiProxy;
let bin: Bin;
let folder: string;
let stderr = '';
const wire: string[] = [];
let close: () => Promise<void>;
let finish: (name: string, args?: Record<string, unknown>) => Promise<ReturnType<typeof answer>>;

beforeAll(async () => {
  lab = await startLab({
    model: {
      reply: ({ question }) => (question.includes('LEAK') ? leak().join('\n') : `You said ${question}`),
    },
  });
  proxy = await startApiProxy(lab.local.baseUrl);
  bin = await copyOfBin();
  folder = await mkdtemp(join(tmpdir(), 'canary-'));
  const credentials = join(lab.stateDir, 'credentials.json');
  await mkdir(lab.stateDir, { recursive: true });
  await writeFile(credentials, JSON.stringify({ DEDALUS_API_KEY: lab.local.apiKey }), { mode: 0o600 });
  await writeFile(join(folder, 'anthropic.key'), `${CANARY.fromFile}\n`);
  await writeFile(join(folder, '.env'), `OPENAI_API_KEY='${CANARY.fromDotenv}'\n`);
  const { DEDALUS_API_KEY: _, ANTHROPIC_API_KEY: __, ...others } = lab.env;
  const transport = new StdioClientTransport({
    command: NODE,
    args: [bin.path],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      ...others,
      DEDALUS_BASE_URL: proxy.url,
      ANTHROPIC_API_KEY_FILE: join(folder, 'anthropic.key'),
      OPENROUTER_API_KEY: CANARY.fromEnv,
      SOME_BOT_TOKEN: CANARY.unused,
    },
    cwd: folder,
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString('latin1');
  });
  const client = new Client({ name: 'canary', version: '1' });
  await client.connect(transport);
  const received = transport.onmessage;
  transport.onmessage = (message) => {
    wire.push(JSON.stringify(message));
    received?.(message);
  };
  close = () => client.close();
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    answer(
      await client.callTool({ name, arguments: args }, undefined, { timeout: 120_000, onprogress: () => {} }),
    );
  finish = async (name, args) => {
    let seen = await call(name, args);
    while (seen.data.status === 'running')
      seen = await call('get_operation', { operation_id: seen.data.operation_id });
    return seen;
  };
});
afterAll(async () => {
  await close();
  await lab.close();
  await proxy.close();
  await bin.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Every secret in every way in which somebody may write it down. */
function leak(): string[] {
  return [...Object.values(CANARY), lab.local.apiKey].flatMap((secret) => [
    ...plainly(secret),
    ...[0, 1, 2].flatMap((offset) => [
      encoded(secret, offset, 'base64'),
      encoded(secret, offset, 'base64url'),
    ]),
  ]);
}

/** What each of them leaves to be found. */
function spellings(secret: string): string[] {
  const core = (offset: number) => encoded(secret, offset, 'base64').slice(offset === 0 ? 0 : 4, -8);
  const cores = [0, 1, 2].map(core);
  return [
    ...plainly(secret),
    ...cores,
    ...cores.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

function plainly(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex');
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase()];
}

/** Among other bytes, so that it begins at each of the three places of a group. */
function encoded(secret: string, offset: number, how: 'base64' | 'base64url'): string {
  return Buffer.from(`${'x'.repeat(offset)}${secret}yy`).toString(how);
}

function found(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => spellings(secret).some((spelling) => text.includes(spelling)));
}

/** What an answer of the API holds, with what our scripts packed in it. */
function unpacked(text: string): string {
  const blobs = [...text.matchAll(/@=([A-Za-z0-9+/]+=*)/g)].map(([, packed = '']) => {
    try {
      return gunzipSync(Buffer.from(packed, 'base64')).toString('latin1');
    } catch {
      return '';
    }
  });
  return [text, ...blobs].join('\n');
}

/** A request without the two places that may hold secrets: the key's own headers and the values of `env`. */
function open({ method, path, headers, body }: Passed): string {
  const { authorization: _, 'x-api-key': __, ...rest } = headers;
  const parsed = body === '' ? {} : JSON.parse(body);
  const withoutValues = parsed.env ? { ...parsed, env: Object.keys(parsed.env) } : parsed;
  return `${method} ${path} ${JSON.stringify(rest)} ${JSON.stringify(withoutValues)}`;
}

async function files(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function holders(dir: string, secrets: readonly string[]): Promise<string[]> {
  const holding: string[] = [];
  for (const file of await files(dir)) {
    if (found(await readFile(file, 'latin1').catch(() => ''), secrets).length > 0) holding.push(file);
  }
  return holding;
}

const outward = () => ({
  wire: wire.join('\n'),
  stderr,
  requests: proxy.passed.map(open).join('\n'),
});

it('a whole life leaves no secret anywhere but in the two private files', async () => {
  expect(await finish('deploy_openclaw')).toMatchObject({ data: { status: 'ready' } });
  expect(await finish('chat', { message: 'hello' })).toMatchObject({ data: { status: 'done' } });
  await finish('chat', { message: 'hello', model: 'openai/gpt-5.4' });
  for (const tool of ['list_sessions', 'read_session', 'read_logs', 'list_machines']) await finish(tool);
  await finish('gateway_status', { audit: true });
  await finish('sleep_machine');
  await finish('wake_machine');
  await finish('chat', { machine_id: 'no-such-machine', message: 'hello' });
  await finish('destroy_machine', { machine_id: String((await finish('gateway_status')).data.machine_id) });

  const localDir = join(dirname(lab.stateDir), 'local');
  const [secretsFile = ''] = (await files(localDir)).filter((file) =>
    file.endsWith('.openclaw/secrets.json'),
  );
  const home = dirname(dirname(secretsFile));
  const token: string = JSON.parse(await readFile(secretsFile, 'utf8')).gateway;
  expect(token).toHaveLength(64);
  const secrets = [...Object.values(CANARY), lab.local.apiKey, token];

  for (const text of Object.values(outward())) expect(found(text, secrets)).toEqual([]);
  expect(found(proxy.passed.map((one) => unpacked(one.answer)).join('\n'), secrets)).toEqual([]);
  expect(await holders(lab.stateDir, secrets)).toEqual([join(lab.stateDir, 'credentials.json')]);
  const onMachine = [join(home, '.openclaw-mcp', 'auth'), secretsFile];
  const held = await holders(localDir, secrets);
  // The local API's own key, and what the machine needs.
  expect(
    held.filter((file) => !file.endsWith('/api-key.json') && !file.endsWith('/daemon.json')).sort(),
  ).toEqual(onMachine.sort());
  for (const file of held) expect((await stat(file)).mode & 0o077, file).toBe(0);
  expect(proxy.passed.length).toBeGreaterThan(20);
  expect(wire.join('\n')).toContain('notifications/progress');
});

it('what an assistant or a log says of them goes no further than the machine', async () => {
  const [log = ''] = (await files(join(dirname(lab.stateDir), 'local'))).filter((file) =>
    file.endsWith('logs/gateway.out'),
  );
  await chmod(log, 0o600);
  await appendFile(log, `\n${leak().join('\n')}\n`);
  const told = await finish('chat', { message: 'LEAK' });
  expect(told.data.reply).toContain('[redacted]');
  expect((await finish('read_session')).texts.join()).toContain('[redacted]');
  await finish('read_logs', { lines: 500 });
  await finish('gateway_status');
  const secrets = [...Object.values(CANARY), lab.local.apiKey];
  // The search itself finds what there is.
  expect(found(leak().join('\n'), secrets)).toEqual(secrets);
  for (const text of Object.values(outward())) expect(found(text, secrets)).toEqual([]);
  expect(await holders(lab.stateDir, secrets)).toEqual([join(lab.stateDir, 'credentials.json')]);
});
