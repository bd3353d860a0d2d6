/** Servers as processes: killed, shared, locked, ended when nobody needs them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { writePrivate } from '../../src/core/files.ts';
import { ensureDaemon, IDLE_VARIABLE } from '../../src/local/daemon/daemon.ts';
import { daemonFetch } from '../../src/local/daemon/daemon-fetch.ts';
import { readyPath } from '../../src/local/daemon/ready-file.ts';
import { Client, runs } from './support/harness.ts';

let binDir: string;
let bin: string;
let stateDir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  binDir = await mkdtemp(path.join(os.tmpdir(), 'local-bin-'));
  bin = path.join(binDir, 'serve.mjs');
  const entryPoints = [path.join(import.meta.dirname, 'support/serve-bin.ts')];
  const loader = { '.sh': 'text' as const };
  // What CommonJS packages need inside an ES module.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const target = { bundle: true, platform: 'node', format: 'esm', loader, banner: { js } } as const;
  await build({ ...target, entryPoints, outfile: bin });
});
afterAll(() => rm(binDir, { recursive: true }));
beforeEach(async () => {
  stateDir = await mkdtemp(path.join(os.tmpdir(), 'local-daemon-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(stateDir, { recursive: true, force: true });
});

const env = { PATH: process.env.PATH, SECRET_API_KEY: 'sk-host' };

/** A server process that answers, and what it printed. */
async function serve(
  extra: Record<string, string> = {},
): Promise<{ child: ChildProcess; client: Client; line: string }> {
  const child = spawn(process.execPath, [bin, 'local', 'serve', '--state-dir', stateDir], {
    env: { ...env, ...extra },
  });
  children.push(child);
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, line, client: clientOf(JSON.parse(line).base_url, JSON.parse(line).api_key) };
}

function clientOf(baseUrl: string, apiKey: string): Client {
  return new Client({ baseUrl, apiKey });
}

const daemon = (version = '1.0.0', program = bin) =>
  ensureDaemon({ stateDir, node: process.execPath, bin: program, env, clock: systemClock, version });

/** What the living server says of itself. */
async function ready() {
  const { pid, version, background } = JSON.parse(await readFile(readyPath(stateDir), 'utf8'));
  return { pid, version, background };
}

describe('a server process', () => {
  it('that is killed leaves machines asleep, nothing running, and failed executions', async () => {
    const before = await serve();
    expect(Object.keys(JSON.parse(before.line))).toEqual(['base_url', 'api_key']);
    const id = await before.client.machine({});
    await systemClock.sleep(50);
    const { stdout } = await before.client.sh(
      id,
      'echo kept > ~/file; setsid sleep 60 </dev/null &>/dev/null & echo $!',
    );
    const held = await before.client.start(id, ['sleep', '60']);
    expect(runs(String(stdout))).toBe(true);
    before.child.kill('SIGKILL');
    await once(before.child, 'exit');

    const { client } = await serve();
    expect(runs(String(stdout))).toBe(false);
    expect(await client.phase(id, 'sleeping')).toMatchObject({ status: { reason: 'HostRestarted' } });
    expect(await client.ended(id, held.body.execution_id)).toMatchObject({
      status: 'failed',
      error_code: 'host_agent_execute_failed',
    });
    expect(await client.sh(id, 'cat ~/file')).toMatchObject({ stdout: 'kept\n' });
  });

  it('has its state folder for itself, and ends every process of its machines on SIGTERM', async () => {
    const { child, client } = await serve();
    const second = spawn(process.execPath, [bin, 'local', 'serve', '--state-dir', stateDir], { env });
    const chunks: Buffer[] = [];
    second.stderr.on('data', (chunk) => chunks.push(chunk));
    await once(second, 'close');
    expect(Buffer.concat(chunks).toString()).toContain(`Another local API (process ${child.pid})`);

    const id = await client.machine({});
    await systemClock.sleep(50);
    const { stdout } = await client.sh(id, 'setsid sleep 60 </dev/null &>/dev/null & echo $!');
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(runs(String(stdout))).toBe(false);
  });
});

describe('what a server inherits', () => {
  it('reaches no machine: descriptors are closed, and modes are its own', async () => {
    const start = `umask 000; exec 3</dev/null 4</dev/null 17</dev/null 42</dev/null; exec "$@"`;
    const args = ['-c', start, 'x', process.execPath, bin, 'local', 'serve', '--state-dir', stateDir];
    const child = spawn('bash', args, { env });
    children.push(child);
    const [line] = await once(createInterface(child.stdout), 'line');
    const client = clientOf(JSON.parse(line).base_url, JSON.parse(line).api_key);
    const id = await client.machine({});
    await systemClock.sleep(50);
    const { stdout } = await client.sh(id, 'ls /proc/$$/fd; umask; : > ~/file');
    expect(
      String(stdout)
        .trim()
        .split('\n')
        .filter((fd) => fd !== '255'),
    ).toEqual(['0', '1', '2', '0077']);
    expect((await stat(path.join(stateDir, 'local/machines', id, 'home/file'))).mode & 0o777).toBe(0o600);
  });
});

describe('the background server', () => {
  it('is one for all that ask at once, keeps its key to its owner, and learns no other key', async () => {
    const [first, second] = await Promise.all([daemon(), daemon()]);
    expect(second).toEqual(first);
    const ready = JSON.parse(await readFile(readyPath(stateDir), 'utf8'));
    expect((await stat(readyPath(stateDir))).mode & 0o777).toBe(0o600);
    const client = clientOf(first.baseUrl, first.apiKey);
    const id = await client.machine({});
    await systemClock.sleep(50);
    expect((await client.sh(id, 'env')).stdout).not.toContain('SECRET_API_KEY');
    process.kill(ready.pid, 'SIGTERM');
    await expect.poll(() => runs(String(ready.pid)), { interval: 5 }).toBe(false);
  });

  it('is started anew, with the same key, after it was killed', async () => {
    const first = await daemon();
    const { pid } = JSON.parse(await readFile(readyPath(stateDir), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => runs(String(pid)), { interval: 5 }).toBe(false);
    const next = await daemon();
    expect(next.apiKey).toBe(first.apiKey);
    process.kill(JSON.parse(await readFile(readyPath(stateDir), 'utf8')).pid, 'SIGKILL');
  });

  it('ends by itself when there was no machine and no request for its idle time', async () => {
    const { child } = await serve({ [IDLE_VARIABLE]: '20' });
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
    await expect(stat(readyPath(stateDir))).rejects.toThrow('ENOENT');
  });

  it('that cannot start says so at once, with the end of its log, of which each start keeps no more', async () => {
    const broken = path.join(stateDir, 'broken.mjs');
    await writeFile(broken, 'throw new Error("no luck today")');
    const logFile = path.join(stateDir, 'local', 'daemon.log');
    await mkdir(path.dirname(logFile), { recursive: true, mode: 0o700 });
    await writeFile(logFile, 'an earlier start\n'.repeat(20_000));
    const options = {
      stateDir,
      node: process.execPath,
      bin: broken,
      env,
      clock: systemClock,
      version: '1.0.0',
    };
    await expect(ensureDaemon(options)).rejects.toMatchObject({
      code: 'unavailable',
      foreign: expect.stringContaining('no luck today'),
    });
    const log = await readFile(logFile, 'utf8');
    expect(log).toContain('no luck today');
    expect(log).toContain('an earlier start');
    expect(log.length).toBeLessThan(100_000);
  });

  it('never shows its key to a stranger who got the port of a killed one', async () => {
    let asked = 0;
    const stranger = createServer((_, response) => {
      asked += 1;
      response.end('{}');
    });
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const port = Object(stranger.address()).port;
    const ready = { base_url: `http://127.0.0.1:${port}`, api_key: 'dsk-local-x', pid: 1 };
    await writePrivate(readyPath(stateDir), JSON.stringify(ready));
    expect((await daemon()).baseUrl).not.toBe(ready.base_url);
    expect(asked).toBe(0);
    stranger.close();
    process.kill(JSON.parse(await readFile(readyPath(stateDir), 'utf8')).pid, 'SIGKILL');
  });
});

describe('after an update of the package', () => {
  const update = async () => {
    const newer = path.join(binDir, 'serve-1.1.0.mjs');
    await copyFile(bin, newer);
    return () => daemon('1.1.0', newer);
  };
  const end = async () => process.kill((await ready()).pid, 'SIGKILL');

  it('the background server makes way while its machines sleep, and loses none of them', async () => {
    const old = await daemon();
    expect(await ready()).toMatchObject({ version: '1.0.0', background: true });
    const client = clientOf(old.baseUrl, old.apiKey);
    const id = await client.machine({});
    await systemClock.sleep(50);
    await client.sh(id, 'echo kept > ~/file');
    await client.change('POST', id, '/sleep');
    await client.phase(id, 'sleeping');
    const before = await ready();

    const updated = await update();
    const [next, other] = await Promise.all([updated(), updated()]);
    expect(other).toEqual(next);
    expect(next.apiKey).toBe(old.apiKey);
    expect(await ready()).toMatchObject({ version: '1.1.0', background: true });
    expect(runs(String(before.pid))).toBe(false);
    // Whoever still has the older package uses the newer server.
    expect(await daemon()).toEqual(next);

    // A client of before goes on with the server of now.
    const fetchOn = daemonFetch(old, () => daemon());
    const answer = await fetchOn(`${old.baseUrl}/v1/machines/${id}`, {
      headers: { 'x-api-key': old.apiKey },
    });
    expect(await answer.json()).toMatchObject({ machine_id: id, status: { phase: 'sleeping' } });
    const now = clientOf(next.baseUrl, next.apiKey);
    await now.change('POST', id, '/wake');
    await now.phase(id, 'running');
    await systemClock.sleep(50);
    expect(await now.sh(id, 'cat ~/file')).toMatchObject({ stdout: 'kept\n' });
    await end();
  });

  it('the old one stays while a machine is awake, and where a person started it', async () => {
    const old = await daemon();
    await clientOf(old.baseUrl, old.apiKey).machine({});
    const updated = await update();
    expect(await updated()).toEqual(old);
    await end();
    await expect.poll(async () => runs(String((await ready()).pid)), { interval: 5 }).toBe(false);

    const { child, client } = await serve();
    expect(await ready()).toMatchObject({ background: false });
    expect((await updated()).baseUrl).toBe(client.baseUrl);
    expect(child.exitCode).toBeNull();
  });

  it('a client whose server has ended, as when it was idle, gets the next one', async () => {
    const old = await daemon();
    const fetchOn = daemonFetch(old, () => daemon());
    const { pid } = await ready();
    await end();
    await expect.poll(() => runs(String(pid)), { interval: 5 }).toBe(false);
    const headers = { 'x-api-key': old.apiKey };
    // A connection that was kept breaks first, which is the caller's to try again.
    const stats = async () =>
      (await fetchOn(`${old.baseUrl}/_local/stats`, { headers }).catch(() => {}))?.status;
    await expect.poll(stats).toBe(200);
    expect(await stats()).toBe(200);
    await end();
  });
});
