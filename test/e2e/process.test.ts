/** The built server as a process: it ends at once with its client, whatever the way, and nothing stray ends it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bin, copyOfBin, NODE } from '../support/bin.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

// Some 50 ms on a quiet computer. What a server could wait for takes longer than this: a request's retry, a call's 45 s.
const LIMIT_MS = 2_000;
// A busy computer may take its time once; a server that waits for something takes it every time.
const TRIES = 8;

let bin: Bin;
let silent: Awaited<ReturnType<typeof scriptedHttp>>;
beforeAll(async () => {
  bin = await copyOfBin();
  silent = await scriptedHttp();
  // An API that takes every question and never answers: a call that is in flight until the end.
  silent.on('GET', '/v1/machines', () => {});
});
afterAll(async () => {
  await silent.close();
  await bin.remove();
});

interface Server {
  child: ChildProcessWithoutNullStreams;
  send(message: object): void;
  /** The answer to the request with this id. */
  answer(id: number): Promise<unknown>;
}

/** A server that has answered `initialize`. */
async function started(env: Record<string, string> = {}): Promise<Server> {
  const child = spawn(NODE, [bin.path], {
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      DEDALUS_API_KEY: 'dsk-process-test',
      DEDALUS_BASE_URL: silent.url,
      ...env,
    },
  });
  child.stderr.resume();
  const waiting = new Map<number, (message: unknown) => void>();
  createInterface(child.stdout).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const answer = (id: number) => new Promise<unknown>((resolve) => waiting.set(id, resolve));
  const server = { child, send, answer };
  const clientInfo = { name: 'process-test', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  send({ id: 0, method: 'initialize', params });
  await answer(0);
  send({ method: 'notifications/initialized' });
  return server;
}

async function inCall(server: Server): Promise<void> {
  const before = silent.requests.length;
  server.send({ id: 1, method: 'tools/call', params: { name: 'list_machines', arguments: {} } });
  await expect.poll(() => silent.requests.length).toBeGreaterThan(before);
}

async function pinged(server: Server, id: number): Promise<void> {
  server.send({ id, method: 'ping' });
  expect(await server.answer(id)).toMatchObject({ result: {} });
}

const ENDINGS: [how: string, end: (server: Server) => void][] = [
  ['its stdin ends', ({ child }) => child.stdin.end()],
  ['its stdin is closed', ({ child }) => child.stdin.destroy()],
  ['SIGINT', ({ child }) => child.kill('SIGINT')],
  ['SIGTERM', ({ child }) => child.kill('SIGTERM')],
  ['SIGHUP', ({ child }) => child.kill('SIGHUP')],
  [
    'nobody reads its stdout any more',
    ({ child, send }) => {
      child.stdout.destroy();
      send({ id: 9, method: 'tools/list' });
    },
  ],
];

describe.each([
  ['idle', async () => {}],
  ['in the middle of a call', inCall],
] as const)('a server that is %s', (_state, prepare) => {
  it.each(ENDINGS)('ends with code 0 at once: %s', async (_how, end) => {
    let fastest = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && fastest > LIMIT_MS; tries += 1) {
      const server = await started();
      await prepare(server);
      expect(await childrenOf(server.child.pid)).toBe('');
      const exited = once(server.child, 'exit');
      const start = performance.now();
      end(server);
      expect(await exited).toEqual([0, null]);
      fastest = Math.min(fastest, performance.now() - start - (await latency()));
    }
    expect(fastest).toBeLessThan(LIMIT_MS);
  });
});

/** What this computer needs, as busy as it is now, until a killed process is gone and that is noticed. */
async function latency(): Promise<number> {
  const { child } = await started();
  const exited = once(child, 'exit');
  const start = performance.now();
  child.kill('SIGKILL');
  await exited;
  return performance.now() - start;
}

/** On SIGUSR2: what a defect in a package would do. */
const STRAY = `--import=data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2',()=>{setTimeout(()=>{throw new Error('stray')});Promise.reject(new Error('stray'))})",
)}`;

it('the local API goes on too, with all its machines', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stray-'));
  const child = spawn(NODE, [bin.path, 'local', 'serve', '--state-dir', dir, '--runtime', 'process'], {
    env: { PATH: process.env.PATH ?? '', HOME: dir, NODE_OPTIONS: STRAY },
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { base_url, api_key } = JSON.parse(String(line));
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  child.kill('SIGUSR2');
  await expect.poll(() => log).toMatch(/stray[\s\S]*stray/);
  const stats = await fetch(`${base_url}/_local/stats`, { headers: { 'x-api-key': api_key } });
  expect(stats.status).toBe(200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await rm(dir, { recursive: true, force: true });
});

describe('a server goes on', () => {
  it('after cancellations of what it does not know', async () => {
    const server = await started();
    for (const requestId of [77, 'nothing', 0])
      server.send({ method: 'notifications/cancelled', params: { requestId } });
    server.send({ method: 'notifications/cancelled', params: {} });
    await pinged(server, 2);
    server.child.kill('SIGKILL');
  });

  it('after a call is cancelled, and answers the next one', async () => {
    const server = await started();
    await inCall(server);
    server.send({ method: 'notifications/cancelled', params: { requestId: 1, reason: 'too slow' } });
    await pinged(server, 2);
    server.child.kill('SIGKILL');
  });

  it('after a rejection that nobody handled, and an exception that nobody caught', async () => {
    const server = await started({ NODE_OPTIONS: STRAY });
    let log = '';
    server.child.stderr.on('data', (text) => {
      log += text;
    });
    server.child.kill('SIGUSR2');
    await expect.poll(() => log).toMatch(/unhandled rejection[\s\S]*uncaught exception/);
    await pinged(server, 2);
    server.child.kill('SIGKILL');
  });
});

/** Its child processes, where the system tells; empty elsewhere. */
async function childrenOf(pid: number | undefined): Promise<string> {
  return readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
}
