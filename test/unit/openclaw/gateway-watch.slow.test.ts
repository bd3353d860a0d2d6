/** A gateway that nobody asks about: what ends it is mended by the program that watches, and by one of them alone. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { askSidecar } from '../../../src/openclaw/sidecar/ask-sidecar.ts';
import { works } from '../../../src/sidecar/gateway/health.ts';
import { identityOf, livePid } from '../../../src/sidecar/process/identity.ts';
import { keptEvents } from '../../../src/sidecar/watch/events.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture } from './deployed.ts';

let registry: FakeRegistry;
let on: Fixture;
let place: { home: string; port: number };

beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
  on = await fixture({ npmRegistry: registry.url, nodeMirror: `${registry.url}/dist` });
  expect((await on.deploy('op-1')).state).toBe('done');
  place = { home: on.machine.home, port: Number(on.machine.env.OPENCLAW_GATEWAY_PORT) };
});
afterEach(async () => {
  // What one test has counted would make the next one's gateway be left down.
  await killSidecar();
  await rm(mcp('gateway-events.json'), { force: true });
});
afterAll(async () => {
  await on.machine.remove();
  await registry.close();
});

const mcp = (...path: string[]) => join(place.home, '.openclaw-mcp', ...path);
const pidFile = () => mcp('gateway.pid');
const sidecarFile = () => mcp('sidecar', 'pid');

/** Any question starts the machine's program where it does not run. */
const ask = () => askSidecar(on.machine, 'm', 'hello', {}, { timeoutMs: 60_000, rerunnable: true });
const events = async () => {
  await ask();
  return keptEvents(place).map(({ identity: _, ...event }) => event);
};

async function killSidecar(): Promise<void> {
  const pid = await livePid(sidecarFile());
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

const known = async () => (await readFile(pidFile(), 'utf8')).trim();

async function killGateway(): Promise<string> {
  const before = await known();
  process.kill(Number.parseInt(before, 10), 'SIGKILL');
  return before;
}

/** Resolves with the identity of a gateway that works and is not `before`. Asks nobody but the gateway. */
async function worksAnew(before: string): Promise<string> {
  for (;;) {
    const now = existsSync(pidFile()) ? await known() : before;
    if (now !== before && (await livePid(pidFile())) !== undefined && (await works(place))) return now;
    await pause(50);
  }
}

/** How many of these gateways run. */
async function running(identities: readonly string[]): Promise<number> {
  const alive = await Promise.all(
    identities.map(async (one) => (await identityOf(Number.parseInt(one, 10))) === one),
  );
  return alive.filter(Boolean).length;
}

test('one that is killed is started again, nobody calling, and it is told when and why', async () => {
  await ask();
  const before = await killGateway();
  const now = await worksAnew(before);
  expect(await running([before, now])).toBe(1);
  expect(readFileSync(`/proc/${Number.parseInt(now, 10)}/oom_score_adj`, 'utf8')).toBe('500\n');
  await expect.poll(events).toMatchObject([{ why: 'ended', did: 'restarted', at: expect.any(Number) }]);
});

test('one that was ended on purpose, or before a sleep, is left', async () => {
  await ask();
  await on.openclaw.suspendGateway('m', { waitSeconds: 0 });
  await killGateway();
  await pause(8_000);
  expect(await livePid(pidFile())).toBeUndefined();
  expect(await on.openclaw.startGateway('m')).toMatchObject({ started: true });
  await on.openclaw.stopGateway('m');
  await pause(8_000);
  expect(existsSync(pidFile())).toBe(false);
  await on.openclaw.startGateway('m');
});

test('one that ended while another client let the machine sleep is not told as one that ended', async () => {
  await ask();
  await killSidecar();
  await killGateway();
  on.machine.env.DEDALUS_LOCAL_BOOT = 'after a sleep';
  await ask();
  await pause(3_000);
  expect(await livePid(pidFile())).toBeUndefined();
  expect(await on.openclaw.startGateway('m')).toMatchObject({ started: true });
  expect(await events()).toEqual([]);
  await worksAnew(await killGateway());
  await expect.poll(events).toMatchObject([{ why: 'ended', did: 'restarted' }]);
});

test('settings that it refuses are not tried again', async () => {
  const file = join(place.home, '.openclaw', 'openclaw.json');
  const before = await readFile(file, 'utf8');
  await writeFile(file, '{"gateway": {}}\n');
  await ask();
  await killGateway();
  await vi.waitFor(
    async () => expect((await events()).at(-1)).toMatchObject({ why: 'refused', did: 'left_down' }),
    { timeout: 60_000, interval: 200 },
  );
  const count = (await events()).length;
  await pause(6_000);
  expect(await events()).toHaveLength(count);
  await writeFile(file, before);
  await on.openclaw.startGateway('m');
});

test('the program is killed: the gateway runs on, and the next one looks after it', async () => {
  await ask();
  const before = await known();
  await killSidecar();
  await pause(1_000);
  expect(await livePid(pidFile())).toBe(Number.parseInt(before, 10));
  await ask();
  expect(await known()).toBe(before);
  await killGateway();
  await worksAnew(before);
});

// Before its first pause is over, in it, and while the next gateway starts.
const MOMENTS_MS = [0, 90, 350, 1_200, 2_600];

test.each(MOMENTS_MS)(
  'killed, and the program too %i ms later: the next one mends it, with one gateway',
  async (ms) => {
    await ask();
    const before = await killGateway();
    await pause(ms);
    await killSidecar();
    await ask();
    const now = await worksAnew(before);
    expect(await running([before, now])).toBe(1);
  },
);

test.each(MOMENTS_MS)('two programs and two starts at once, %i ms apart: one of each stays', async (ms) => {
  await ask();
  await killSidecar();
  const before = await killGateway();
  await Promise.all([
    ask(),
    on.openclaw.startGateway('m'),
    pause(ms).then(ask),
    pause(ms).then(() => on.openclaw.startGateway('m')),
  ]);
  const now = await worksAnew(before);
  const sidecar = await livePid(sidecarFile());
  await pause(3_000);
  expect(await known()).toBe(now);
  expect(await livePid(sidecarFile())).toBe(sidecar);
  expect(await events()).toHaveLength(1);
});
