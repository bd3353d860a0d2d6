/** A job that begins on a machine without a Node, as Linux and macOS have it: followed, stopped, and told why it cannot go on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import { openclawService } from '../../../src/openclaw/openclaw-service.ts';
import type { OpenClawService } from '../../../src/openclaw/ports.ts';
import { STAND_IN_RELEASE } from '../../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type HomeMachine, homeMachine } from '../openclaw/home-machine.ts';

const KEY = 'sk-ant-of-this-person';
/** What macOS has of what a start needs: no flock, no setsid, no timeout. */
const TOOLS =
  'awk base64 bash cat chmod curl cut date df dirname env find grep gzip head ln mkdir mv nohup od ps readlink rm sed sha256sum sha512sum sh sleep sort tail tar tr uname'.split(
    ' ',
  );
/** bash 3.2, where one can be had. */
const BASH = process.env.OPENCLAW_MCP_TEST_BASH ?? '/bin/bash';

let machine: HomeMachine;
let registry: FakeRegistry;
let openclaw: OpenClawService;
let damaged = false;
beforeEach(async () => {
  machine = await homeMachine();
  damaged = false;
  registry = await startFakeRegistry({ damaged: (path) => damaged && !path.includes('bun') });
  const run: HomeMachine['run'] = (id, command) =>
    machine.run(id, { ...command, command: [BASH, ...command.command.slice(1)] });
  const sources = {
    npmRegistry: registry.url,
    nodeMirror: `${registry.url}/dist`,
    release: STAND_IN_RELEASE,
  };
  openclaw = openclawService({ machines: { run, sources }, ...sources });
});
afterEach(async () => {
  await openclaw.stopJob('m', 'op-1').catch(() => {});
  await machine.remove();
  await registry.close();
});

async function asOnMacOs(): Promise<void> {
  const bin = join(machine.home, 'bin');
  await mkdir(bin);
  for (const tool of TOOLS) {
    const place = ['/usr/bin', '/bin'].find((folder) => existsSync(join(folder, tool)));
    if (place !== undefined) await symlink(join(place, tool), join(bin, tool));
  }
  machine.env.PATH = bin;
}

async function begin(): Promise<void> {
  const plan = await openclaw.resolve('m', undefined);
  const providers = providerKeys({ ANTHROPIC_API_KEY: KEY });
  await openclaw.startDeploy('m', 'op-1', plan, { name: 'mine', model: undefined, providers });
}

const read = () => openclaw.readJob('m', 'op-1', { waitSeconds: 0, seenStages: 0 });
const own = (...path: string[]) => join(machine.home, '.openclaw-mcp', ...path);
const waitingForNode = () => expect.poll(() => registry.holding(), { timeout: 30_000 }).toBeGreaterThan(0);
const ours = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(machine.home);
    } catch {
      return false;
    }
  });

describe.each([
  ['Linux', async () => {}],
  ['macOS', asOnMacOs],
])('with the tools of %s', { timeout: 120_000 }, (_name, prepare) => {
  beforeEach(prepare);

  it('it is followed while Node comes, shows its keys to nobody, and goes on as any job', async () => {
    registry.held = /\/dist\/.*gz$/;
    await begin();
    await waitingForNode();
    expect(await read()).toMatchObject({ state: 'running', stages: [{ name: 'node' }] });
    for (const pid of ours()) {
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('OPENCLAW_MCP_REQUEST');
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(KEY);
    }
    expect(existsSync(own('jobs/op-1/request'))).toBe(false);
    // Whoever asks of the machine meanwhile learns that somebody installs, and what it is called.
    expect(await openclaw.probe('m')).toMatchObject({ deployment_name: 'mine', config: 'missing' });
    registry.held = undefined;
    // Its answer was lost with this: one that got none is begun again.
    registry.held = /openclaw/;
    await begin();
    await expect.poll(() => existsSync(own('jobs/op-1/pid'))).toBe(true);
    expect((await read()).state).toBe('running');
    expect(existsSync(own('jobs/op-1/said'))).toBe(false);
  });

  it('stopped before Node is there, it is never begun', async () => {
    registry.held = /\/dist\/.*gz$/;
    await begin();
    await waitingForNode();
    await openclaw.stopJob('m', 'op-1');
    await expect(begin()).rejects.toMatchObject({ code: 'cancelled' });
    const fetching = Number.parseInt(readFileSync(own('jobs/op-1/fetching'), 'utf8'), 10);
    registry.held = undefined;
    await expect.poll(() => existsSync(`/proc/${fetching}`)).toBe(false);
    expect((await read()).state).toBe('unknown');
    expect(existsSync(own('jobs/op-1/pid'))).toBe(false);
  });

  it('it says why there is no Node, and begins again where one can be had', async () => {
    damaged = true;
    await begin();
    await expect.poll(async () => (await read()).state).toBe('failed');
    expect((await read()).error).toMatchObject({ code: 'unsupported' });
    expect(readdirSync(own()).filter((name) => name.startsWith('bun-'))).toEqual([]);
    damaged = false;
    registry.held = /openclaw/;
    await begin();
    await expect.poll(() => existsSync(own('jobs/op-1/pid'))).toBe(true);
    expect((await read()).state).toBe('running');
  });
});
