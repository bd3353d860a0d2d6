/** Of several programs on one machine the newest stays; whatever is dead, deaf or broken is mended by the next request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync as exists } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { askAnySidecar, askSidecar } from '../../../src/openclaw/sidecar/ask-sidecar.ts';
import { SIDECAR } from '../../../src/openclaw/sidecar/sidecar-bundle.ts';
import { STAND_IN_RELEASE } from '../../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type HomeMachine, homeMachine } from '../openclaw/home-machine.ts';
import { machineWithNode, newer, older, plant, programs, whoRuns } from './resident.ts';

const OPTIONS = { timeoutMs: 20_000, rerunnable: true };
let machine: HomeMachine | undefined;
let registry: FakeRegistry | undefined;
const left: string[] = [];
afterEach(async () => {
  await machine?.remove();
  await registry?.close();
  for (const folder of left.splice(0)) await rm(folder, { recursive: true, force: true });
  registry = undefined;
});

const hello = (on: Parameters<typeof askSidecar>[0]) => askSidecar(on, 'm', 'hello', {}, OPTIONS);

/** Runs what was planted, as a start of another server would. */
async function running(on: HomeMachine): Promise<void> {
  const main = join(programs(on), await readlink(join(programs(on), 'main.mjs')));
  const child = spawn(process.execPath, [main, 'serve', on.home, '18789'], {
    detached: true,
    stdio: 'ignore',
  });
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  await writeFile(join(programs(on), 'pid'), `${child.pid} ${start} ${boot}\n`);
  child.unref();
  await expect.poll(() => whoRuns(on).catch(() => undefined), { timeout: 15_000 }).toBeDefined();
}

test('an older program that runs is replaced by the one of who asks', async () => {
  machine = await machineWithNode();
  await plant(machine, older);
  await running(machine);
  expect(await hello(machine)).toEqual({ node: process.version });
  expect(await whoRuns(machine)).toEqual(SIDECAR);
});

test('a newer one stays, and answers who is older', async () => {
  machine = await machineWithNode();
  const hash = await plant(machine, newer);
  await running(machine);
  expect(await hello(machine)).toEqual({ node: process.version });
  expect(await whoRuns(machine)).toEqual({ order: newer, hash });
});

test('the newest that ever asked is started again, whoever asks', async () => {
  machine = await machineWithNode();
  const hash = await plant(machine, newer);
  await hello(machine);
  expect(await whoRuns(machine)).toEqual({ order: newer, hash });
});

test('a newer one whose file is not whole makes place', async () => {
  machine = await machineWithNode();
  const hash = await plant(machine, newer);
  await writeFile(join(programs(machine), `${hash}.mjs`), `// openclaw-dedalus-mcp ${newer}\n`);
  await hello(machine);
  expect(await whoRuns(machine)).toEqual(SIDECAR);
});

test('of one order with another hash the one that runs stays', async () => {
  machine = await machineWithNode();
  const hash = await plant(machine, SIDECAR.order);
  await running(machine);
  await hello(machine);
  expect(await whoRuns(machine)).toMatchObject({ hash });
});

test('two that ask a machine without it at once start one', async () => {
  const on = await machineWithNode();
  machine = on;
  await Promise.all([hello(on), hello(on), hello(on)]);
  const pid = await readFile(join(programs(on), 'pid'), 'utf8');
  await hello(on);
  expect(await readFile(join(programs(on), 'pid'), 'utf8')).toBe(pid);
});

test('one that was killed is started by the next request', async () => {
  machine = await machineWithNode();
  await hello(machine);
  await machine.kill('sidecar/pid');
  expect(await hello(machine)).toEqual({ node: process.version });
});

test('one that hears and says nothing is replaced', { timeout: 60_000 }, async () => {
  const on = await machineWithNode();
  machine = on;
  await hello(on);
  await on.kill('sidecar/pid');
  const socket = join(programs(on), 's');
  await rm(socket, { force: true });
  const deaf = createServer((peer) => peer.on('error', () => {})).listen(socket);
  await once(deaf, 'listening');
  try {
    const short = { timeoutMs: 1_000, rerunnable: true };
    expect(await askSidecar(on, 'm', 'hello', {}, short)).toEqual({ node: process.version });
  } finally {
    deaf.close();
  }
});

test('a program ends with its home', async () => {
  machine = await machineWithNode();
  await hello(machine);
  const pid = Number.parseInt(await readFile(join(programs(machine), 'pid'), 'utf8'), 10);
  await rm(machine.home, { recursive: true, force: true });
  await expect.poll(() => isGone(pid), { timeout: 15_000 }).toBe(true);
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

test('a home with a name that no socket may have is no hindrance', async () => {
  const outer = await mkdtemp(join(tmpdir(), 'long-'));
  left.push(outer);
  const home = join(outer, 'x'.repeat(120));
  await mkdir(home);
  machine = await machineWithNode();
  const own = join(machine.home, '.openclaw-mcp');
  await rm(join(home, '.openclaw-mcp'), { recursive: true, force: true });
  await rename(own, join(home, '.openclaw-mcp'));
  machine.env.HOME = home;
  expect(await hello(machine)).toEqual({ node: process.version });
  expect((await stat(join(home, '.openclaw-mcp', 'sidecar'))).mode & 0o777).toBe(0o700);
  process.kill(Number.parseInt(await readFile(join(home, '.openclaw-mcp/sidecar/pid'), 'utf8'), 10));
});

test('without curl the program is its own client', async () => {
  const on = await machineWithNode();
  machine = on;
  const bin = join(on.home, 'bin');
  await mkdir(bin);
  for (const tool of 'bash base64 gzip tar sha256sum mkdir chmod find readlink mv rm flock uname awk'.split(
    ' ',
  )) {
    const place = ['/usr/bin', '/bin'].find((folder) => exists(join(folder, tool)));
    if (place !== undefined) await symlink(join(place, tool), join(bin, tool));
  }
  on.env.PATH = bin;
  expect(await hello(on)).toEqual({ node: process.version });
  expect(await hello(on)).toEqual({ node: process.version });
});

const NODE_FAULTS: [fault: string, spoil: (node: string) => Promise<void>][] = [
  ['a binary that is cut', (node) => instead(node, '\u007fELF')],
  ['a library that is missing', (node) => instead(node, '#!/bin/sh\nexit 127\n')],
  ['a folder that is gone', (node) => rm(node, { recursive: true })],
];

async function instead(node: string, text: string): Promise<void> {
  await writeFile(join(node, 'new'), text, { mode: 0o700 });
  await rename(join(node, 'new'), join(node, 'bin', 'node'));
}

test.each(NODE_FAULTS)(
  'a Node with %s, whose program still runs, is fetched again by the next request, which goes on',
  { timeout: 60_000 },
  async (_name, spoil) => {
    registry = await startFakeRegistry();
    const release = STAND_IN_RELEASE;
    const sources = { npmRegistry: registry.url, nodeMirror: `${registry.url}/dist`, release };
    const home = await machineWithNode();
    machine = home;
    const node = join(home.home, '.openclaw-mcp', 'node-24.21.0');
    // A file of its own: only so the program knows it as its Node.
    await rm(join(node, 'bin', 'node'));
    await copyFile(process.execPath, join(node, 'bin', 'node'));
    const on = { run: home.run, sources };
    expect(await hello(on)).toEqual({ node: process.version });
    await spoil(node);
    await hello(on);
    expect((await readFile(join(node, 'pretended-version'), 'utf8')).trim()).toBe('24.21.0');
    const requests = registry.requests.length;
    await hello(on);
    expect(registry.requests).toHaveLength(requests);
  },
);

test.each(NODE_FAULTS)(
  'a Node with %s is fetched again by the next request, which goes on',
  { timeout: 60_000 },
  async (_name, spoil) => {
    registry = await startFakeRegistry();
    const sources = {
      npmRegistry: registry.url,
      nodeMirror: `${registry.url}/dist`,
      release: STAND_IN_RELEASE,
    };
    const home = await machineWithNode();
    machine = home;
    const node = join(home.home, '.openclaw-mcp', 'node-24.21.0');
    await rm(join(node, 'bin', 'node'));
    await spoil(node);
    const on = { run: home.run, sources };
    expect(await hello(on)).toEqual({ node: 'v24.21.0' });
    expect((await readFile(join(node, 'pretended-version'), 'utf8')).trim()).toBe('24.21.0');
  },
);

test('a machine on which nothing was ever installed gets nothing', async () => {
  machine = await homeMachine();
  await expect(hello(machine)).rejects.toMatchObject({ details: { script_error: 'not_installed' } });
});

test('a machine on which a deploy is at work says so, and what it is called', async () => {
  machine = await homeMachine();
  const own = join(machine.home, '.openclaw-mcp');
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'deployment.json'), '{"name":"mine","nodeVersion":"24.21.0"}');
  const deploy = spawn('flock', [join(own, 'install.lock'), 'sh', '-c', 'echo held; exec sleep 60']);
  await once(deploy.stdout, 'data');
  try {
    const told = await askAnySidecar(machine, 'm', 'probe', {}, OPTIONS);
    expect(told).toMatchObject({
      withoutNode: { values: { cold: 'busy' }, blobs: { deployment: expect.stringContaining('mine') } },
    });
    await expect(hello(machine)).rejects.toMatchObject({ details: { script_error: 'locked' } });
  } finally {
    deploy.kill();
  }
});
