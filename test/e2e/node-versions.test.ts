/** The package as it is installed, on every Node that it promises: each part of it, with a company's proxy and without. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../../src/tools/index.ts';
import { VIEW_URI } from '../../src/tools/views.ts';
import { type BinProcess, forgetSums, startBin } from '../support/bin.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { type Lab, startLab } from '../support/lab.ts';
import { nodeOf, type Packed, packAndInstall } from '../support/packed.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

const run = promisify(execFile);
const USER = 'me:s#cret';

let packed: Packed;
let lab: Lab;
let cloud: TlsFront;
let proxy: ConnectProxy;
beforeAll(async () => {
  packed = await packAndInstall();
  await forgetSums(dirname(packed.bin));
  lab = await startLab();
  cloud = await startTlsFront(lab.local.baseUrl, packed.dir);
  proxy = await startConnectProxy({ to: cloud.port, user: USER });
});
afterAll(async () => {
  proxy.close();
  cloud.close();
  await lab.close();
  await packed.remove();
});

describe.each(['20', '22', '24'])('on Node %s', (major) => {
  let node: string;
  let home: string;
  let proxies: Record<string, string>;
  let behindProxy: Record<string, string>;
  beforeAll(async () => {
    node = await nodeOf(major, packed.dir);
    home = join(packed.dir, `home-${major}`);
    await mkdir(home);
    const at = proxy.url.replace('//', `//${USER.replace('#', '%23')}@`);
    // The last one makes a present Node send everything to the proxy, what is asked of this computer too.
    proxies = { HTTPS_PROXY: at, HTTP_PROXY: at, NODE_USE_ENV_PROXY: '1' };
    behindProxy = { ...proxies, DEDALUS_BASE_URL: cloud.url, NODE_EXTRA_CA_CERTS: cloud.certificate };
  });

  const start = (env: Record<string, string> = {}, args: readonly string[] = []): Promise<BinProcess> =>
    startBin({ path: packed.bin }, { env: { ...lab.env, ...env } }, { node, home, args });

  /** A command's end, in an environment of nothing but these. */
  async function command(args: readonly string[], env: Record<string, string> = {}) {
    const all = { PATH: packed.env.PATH ?? '', HOME: home, ...env };
    const done = run(node, [packed.bin, ...args], { env: all, cwd: home, timeout: 200_000 });
    const { stdout, stderr, code = 0 } = await done.catch((error) => error);
    return { stdout: String(stdout), stderr: String(stderr), code: Number(code) };
  }

  it('is that Node', async () => {
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
  });

  it('lists its tools and its machines', async () => {
    const server = await start();
    const names = (await server.client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(tools.map(({ name }) => name));
    expect((await server.call('list_machines')).data).toMatchObject({ machines: [] });
    await server.close();
  });

  it('reaches the cloud through the proxy, and nothing around it', async () => {
    const server = await start(behindProxy);
    const before = proxy.asked.length;
    expect((await server.call('list_machines')).data).toMatchObject({ machines: [] });
    // No machine; the page is there without any cloud.
    const { resources } = await server.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([VIEW_URI]);
    expect(new Set(proxy.asked.slice(before))).toEqual(new Set([new URL(cloud.url).host]));
    await server.close();
  });

  it.each(['', ':wrong'])('says what the proxy wants, without the password (me%s)', async (password) => {
    const HTTPS_PROXY = proxy.url.replace('//', `//me${password}@`);
    const server = await start({ ...behindProxy, HTTPS_PROXY });
    const { isError, texts } = await server.call('list_machines');
    expect(isError).toBe(true);
    expect(texts[0]).toMatch(/The proxy that HTTPS_PROXY names .* \(407\).*Next: /);
    expect(texts[0]).not.toContain('wrong');
    await server.close();
  });

  it.each(['with', 'without'])('doctor works %s a proxy', async (which) => {
    const env = which === 'with' ? { ...lab.env, ...behindProxy } : lab.env;
    const { stdout, stderr } = await command(['doctor', '--json'], env);
    const { findings } = JSON.parse(stdout);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'Dedalus API', state: 'ok' }));
    expect(stderr).not.toMatch(/Error/);
  });

  it.each(['with', 'without'])('machines of this computer work %s a proxy', async (which) => {
    const stateDir = join(home, `state-${which}`);
    const server = await start({ ...(which === 'with' && proxies), OPENCLAW_MCP_STATE_DIR: stateDir }, [
      '--local',
    ]);
    const before = proxy.asked.length;
    const { data, texts } = await server.call('list_machines');
    const daemon = JSON.parse(await readFile(join(stateDir, 'local', 'daemon.json'), 'utf8'));
    process.kill(daemon.pid, 'SIGTERM');
    expect(texts[0]).not.toMatch(/cannot be reached/);
    expect(data).toMatchObject({ machines: [] });
    expect(proxy.asked.slice(before)).toEqual([]);
    const { stdout } = await command(['doctor', '--json', '--local'], { OPENCLAW_MCP_STATE_DIR: stateDir });
    expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ check: 'local API' }));
    await server.close();
  });

  it('has every other command', async () => {
    expect((await command(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await command(['--help'])).stdout).toContain('openclaw-dedalus-mcp doctor');
    expect(await command(['no-such-command'])).toMatchObject({ code: 2, stdout: '' });
    expect((await command(['login'])).stderr).toMatch(/needs a terminal.*\nNext: /s);
    const installed = await command(['install', 'codex']);
    expect(installed).toMatchObject({ code: 0, stdout: expect.stringContaining('config.toml') });
  });

  it('serves the local API in the foreground, and ends when it is told to', async () => {
    const args = [packed.bin, 'local', 'serve', '--state-dir', join(home, 'foreground')];
    const child = spawn(node, args, {
      env: { PATH: packed.env.PATH, HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { base_url, api_key } = JSON.parse(String(line));
    const listed = await fetch(`${base_url}/v1/machines`, { headers: { 'x-api-key': api_key } });
    expect(listed.status).toBe(200);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('deploys, chats, sleeps, wakes and destroys, behind the proxy, as its demo shows', async () => {
    const { url } = lab.registry;
    const { stdout, stderr, code } = await command(['demo'], {
      ...proxies,
      ...{ npm_config_registry: url, OPENCLAW_MCP_NODE_MIRROR: `${url}/dist` },
    });
    expect(stdout).toContain('Nothing is left running, and nothing on disk.');
    expect(code, stderr).toBe(0);
  });

  it('keeps its debugger shut, whatever signal comes', async () => {
    const args = [packed.bin, 'local', 'serve', '--state-dir', join(home, 'signalled')];
    const env = { ...lab.env, PATH: packed.env.PATH, HOME: home };
    const serving = spawn(node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = spawn(node, [packed.bin], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const { stderr } of [serving, server]) stderr.on('data', (data) => (said += String(data)));
    await once(createInterface({ input: serving.stdout }), 'line');
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`);
    await once(createInterface({ input: server.stdout }), 'line');
    for (const child of [serving, server]) child.kill('SIGUSR1');
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' })}\n`);
    await once(createInterface({ input: server.stdout }), 'line');
    serving.kill('SIGTERM');
    server.stdin.end();
    expect(await Promise.all([once(serving, 'exit'), once(server, 'exit')])).toEqual([
      [0, null],
      [0, null],
    ]);
    // Node says on stderr where its debugger listens.
    expect(said).not.toMatch(/Debugger|inspector/i);
  });

  it.runIf(process.platform === 'linux')('keeps what it compiled, where Node can read it back', () => {
    const kept = existsSync(join(home, '.cache', 'openclaw-dedalus-mcp', 'compiled'));
    expect(kept).toBe(Number(major) >= 22);
  });
});
