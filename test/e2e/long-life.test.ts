/**
 * A long life on the stand-in OpenClaw, for `npm run soak`: turns, polls, sleeps and wakes by the hundred, after which no
 * process and no folder of ours has grown. Read from /proc, so on Linux only.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { type Bin, type BinProcess, copyOfBin, startBin } from '../support/bin.ts';
import { PROVIDER_KEY } from '../support/lab.ts';
import { type ServedLocally, serveLocally } from '../support/local-serve.ts';
import { programPids } from '../support/program-pids.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';

/** How many turns; a fifth of it sleeps and wakes, and ten times of it polls. Records are kept up to 500. */
const TURNS = Number(process.env.OPENCLAW_MCP_LIFE ?? 0);
const PARTS = 20;
// What a garbage collector may leave standing for a while, and what a file system rounds.
const WOBBLE = 1.15;

interface Seen {
  /** MiB in memory: the server, the local API, and what runs on the machine of ours. */
  server: number;
  local: number;
  sidecar: number;
  /** Files, and KiB in them: of the server's records, of the API's, and of the machine's own folder but OpenClaw's. */
  files: number;
  kib: number;
}

let dir: string;
let registry: FakeRegistry;
let model: StandInModel;
let local: ServedLocally;
let bin: Bin;
let agent: BinProcess;
let machine: string;

describe.runIf(TURNS > 0 && process.platform === 'linux')(`after ${TURNS} turns`, () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'long-life-'));
    registry = await startFakeRegistry();
    model = await startStandInModel();
    bin = await copyOfBin();
    const mirror = { npm_config_registry: registry.url };
    local = await serveLocally(join(dir, 'local'), ['--runtime', 'process'], mirror);
    const env = {
      DEDALUS_API_KEY: local.apiKey,
      DEDALUS_BASE_URL: local.baseUrl,
      ANTHROPIC_API_KEY: PROVIDER_KEY,
      ANTHROPIC_BASE_URL: model.url,
      OPENCLAW_MCP_STATE_DIR: join(dir, 'state'),
      OPENCLAW_MCP_NODE_MIRROR: `${registry.url}/dist`,
      OPENCLAW_MCP_NPM_REGISTRY: registry.url,
    };
    agent = await startBin(bin, { env });
    const { data } = await agent.finish('deploy_openclaw');
    expect(data.status).toBe('ready');
    machine = String(data.machine_id);
  });
  afterAll(async () => {
    await agent?.close();
    await local?.stop();
    await bin?.remove();
    await model?.close();
    await registry?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it(
    'and ten times as many polls on one start, the server, the API, the sidecar and the folders are as large as halfway',
    { timeout: 24 * 3_600_000 },
    () =>
      expectNoGrowth(async (part) => {
        for (let n = 0; n < TURNS / PARTS; n += 1) {
          const said = `Turn ${part}-${n}.`;
          const turn = await agent.finish('chat', { message: said, session: `life-${n % 5}` });
          expect(turn.data).toMatchObject({ status: 'done', reply: expect.stringContaining(said) });
          for (let polls = 0; polls < 9; polls += 1)
            await agent.call('get_operation', { operation_id: turn.data.operation_id, wait_seconds: 0 });
          const status = await agent.call('gateway_status');
          expect(status.data).toMatchObject({ working: true });
        }
      }),
  );

  it('and a fifth of it sleeps and wakes, too', { timeout: 24 * 3_600_000 }, () =>
    expectNoGrowth(async () => {
      for (let n = 0; n < TURNS / 5 / PARTS; n += 1) {
        expect((await agent.finish('sleep_machine')).data).toMatchObject({ phase: 'sleeping' });
        expect((await agent.finish('wake_machine')).data).toMatchObject({ phase: 'running' });
      }
    }),
  );
});

/** Does all parts, and compares the last quarter with the quarter after the first half. */
async function expectNoGrowth(live: (part: number) => Promise<void>): Promise<void> {
  const seen: Seen[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    await live(part);
    seen.push(look());
  }
  console.table(seen.filter((_, part) => part % 4 === 3));
  const [before, after] = [seen.slice(PARTS / 2, (PARTS * 3) / 4), seen.slice((PARTS * 3) / 4)];
  for (const name of ['server', 'local', 'sidecar', 'files', 'kib'] as const) {
    const bound = Math.max(...before.map((one) => one[name])) * WOBBLE;
    expect(Math.min(...after.map((one) => one[name])), name).toBeLessThanOrEqual(bound);
  }
}

function look(): Seen {
  const machines = join(dir, 'local/local/machines');
  const home = join(machines, machine.replace(/^dm-/, ''), 'home');
  const sizes = [join(dir, 'state'), join(dir, 'local')].flatMap(sizesUnder);
  return {
    server: memoryOf(agent.pid),
    local: memoryOf(local.child.pid ?? 0),
    sidecar: programPids(home).reduce((sum, pid) => sum + memoryOf(pid), 0),
    files: sizes.length,
    kib: Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024),
  };
}

/** Of the files under `path`; what OpenClaw keeps of its own conversations grows with them. */
function sizesUnder(path: string): number[] {
  if (path.endsWith('/.openclaw')) return [];
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? sizesUnder(join(path, entry.name)) : [lstatSync(join(path, entry.name)).size],
    );
  } catch {
    // It went meanwhile.
    return [];
  }
}

/** MiB; none where it has just ended. */
function memoryOf(pid: number): number {
  try {
    return Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    );
  } catch {
    return 0;
  }
}
