/** `npm run bench`: ours beside the floor, the published recipe and two well-known servers, in one run on one computer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { type ServedLocally, serveLocally } from '../support/local-serve.ts';
import { BIN, RawClient } from '../support/raw-client.ts';
import { createByHand } from './floor.ts';
import { listManyMachines } from './many-machines.ts';
import { type Deployed, deploy, destroy, firstMessages, sleepsAndWakes, type Wakes } from './ours.ts';
import { runRecipe } from './recipe.ts';
import { type Figure, keepResults, previousResults, type Results, table } from './report.ts';
import { compareStartUps } from './start-up.ts';
import {
  measureTurns,
  measureWatched,
  paced,
  TURN_CLASSES,
  type TurnClass,
  type TurnFigures,
} from './turns.ts';

const KEY = 'sk-ant-bench-0123456789';
const WAKES = 5;
const LATER_MS = 15_000;
const figures: Figure[] = [];
const pace = paced();
const before = previousResults();
let dir: string;
let model: StandInModel;
let local: ServedLocally;
let agent: RawClient;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-'));
  model = await startStandInModel(pace);
  local = await serveLocally(join(dir, 'local'));
  agent = agentFor();
  await agent.initialize();
});
afterAll(async () => {
  console.log(`\n${table(results(), before)}\n`);
  await agent.close();
  await local.stop();
  await model.close();
  await rm(dir, { recursive: true, force: true });
});

function results(): Results {
  const computer = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB`;
  return { at: new Date().toISOString(), node: process.version, computer, figures };
}

/** Kept at once: what is measured outlives a part that fails. */
function measured(...seen: Figure[]): void {
  figures.push(...seen);
  for (const { what, seen: value } of seen) console.log(`${what}: ${value}`);
  if (process.env.BENCH_KEEP === '1') keepResults(results());
}

function agentFor(): RawClient {
  return new RawClient([], {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    DEDALUS_API_KEY: local.apiKey,
    DEDALUS_BASE_URL: local.baseUrl,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: model.url,
    OPENCLAW_MCP_STATE_DIR: join(dir, 'state'),
  });
}

const seconds = (value: number) => `${value.toFixed(1)} s`;
const ms = (value: number) => `${Math.round(value)} ms`;
const provider = () => ({ url: model.url, key: KEY });

let deployed: Deployed | undefined;
let wakes: Wakes | undefined;

/** @throws Error where the deploy failed. */
function machine(): string {
  if (deployed === undefined) throw new Error('there is no machine to measure on');
  return deployed.machineId;
}

it('a deploy', async () => {
  deployed = await deploy(agent, local);
  console.log('stages of our deploy, seconds:', deployed.stages);
  const { requests } = deployed;
  measured({ what: 'API requests of a deploy', seen: String(requests), value: requests, goal: 60 });
  expect(requests).toBeGreaterThan(0);
});

it.each(TURN_CLASSES)('turns of $name', async (kind) => {
  const seen = await measureTurns(agent, local, machine(), kind);
  measured(...turnFigures(kind, seen));
  expect(seen.requests).toBeGreaterThan(0);
});

it('a watched turn', async () => {
  const { requests, firstNoteMs } = await measureWatched(agent, local, machine(), pace.firstTokenAt);
  const what = 'API requests of a watched turn of 100 to 140 s';
  measured({ what, seen: String(requests), value: requests, goal: 160 });
  expect(firstNoteMs).toBeDefined();
  const note = firstNoteMs ?? Number.NaN;
  measured({ what: 'first token to first progress note, ms', seen: ms(note), value: note });
});

it('from sleep to reply, beside the floor', async () => {
  wakes = await sleepsAndWakes(agent, local, machine(), provider(), WAKES);
  const { sleepToReplySeconds, floorSeconds, stages, requests } = wakes;
  console.log('stages of our turn after a sleep:', stages);
  measured(
    {
      what: `sleep to reply, ours / floor, median of ${WAKES}`,
      seen: `${seconds(sleepToReplySeconds)} / ${seconds(floorSeconds)}`,
      value: sleepToReplySeconds / floorSeconds,
      goal: 1.05,
    },
    { what: 'API requests from sleep to reply', seen: String(requests), value: requests },
  );
  expect(sleepToReplySeconds).toBeGreaterThan(0);
});

it('the first message after a wake', async () => {
  const what = 'first message after wake_machine has answered';
  const atOnce = await firstMessages(agent, machine(), 3, 0);
  measured({ what: `${what}, at once, ms`, seen: ms(atOnce), value: atOnce });
  const later = await firstMessages(agent, machine(), 3, LATER_MS);
  measured({
    what: `${what}, ${LATER_MS / 1000} s later, ms`,
    seen: ms(later),
    value: later,
    goal: 1_500,
  });
  expect(later).toBeGreaterThan(0);
});

it('create to first reply, beside the floor', async () => {
  await destroy(agent, machine());
  const floor = await createByHand(local, provider());
  const ours = deployed?.createToFirstReplySeconds ?? Number.NaN;
  measured({
    what: 'create to first reply, ours / floor',
    seen: `${seconds(ours)} / ${seconds(floor)}`,
    value: ours / floor,
    goal: 1.1,
  });
  expect(floor).toBeGreaterThan(0);
});

it('both, beside the published recipe', async () => {
  const recipe = await runRecipe(local, provider());
  console.log(`the recipe: ${recipe.deployRequests} requests, ${recipe.wakeRequests} for a wake`);
  const ours = { create: deployed?.createToFirstReplySeconds, wake: wakes?.sleepToReplySeconds };
  const { createToFirstReplySeconds: create, sleepToReplySeconds: wake } = recipe;
  if (ours.create !== undefined)
    measured({
      what: 'create to first reply, ours / recipe',
      seen: `${seconds(ours.create)} / ${seconds(create)}`,
      value: ours.create / create,
      goal: 0.27,
    });
  if (ours.wake !== undefined)
    measured({
      what: 'sleep to reply, ours / recipe',
      seen: `${seconds(ours.wake)} / ${seconds(wake)}`,
      value: ours.wake / wake,
    });
  expect(create).toBeGreaterThan(0);
});

const TURN_GOALS: Readonly<Record<string, { ms: number; requests: number }>> = {
  '1.5 to 2.5 s': { ms: 250, requests: 10 },
  '5 to 9 s': { ms: 400, requests: 18 },
  '20 to 40 s': { ms: 900, requests: 40 },
  '100 to 140 s': { ms: 1_500, requests: 90 },
};

function turnFigures({ name }: TurnClass, seen: TurnFigures): Figure[] {
  return [
    {
      what: `turn of ${name}: ours minus the same call inside the machine, ms`,
      seen: `${ms(seen.oursMs)} - ${ms(seen.directMs)}, beyond the model's own time`,
      value: seen.oursMs - seen.directMs,
      goal: TURN_GOALS[name]?.ms,
    },
    {
      what: `API requests of a turn of ${name}, nobody watching`,
      seen: String(seen.requests),
      value: seen.requests,
      goal: TURN_GOALS[name]?.requests,
    },
  ];
}

it('start-up and memory, against two well-known servers', async () => {
  const seen = await compareStartUps(BIN, dir);
  const of = (name: string) => seen[name] ?? { initializeMs: Number.NaN, residentMib: Number.NaN };
  const [ours, context7, playwright] = [of('ours'), of('context7'), of('playwright')];
  measured(
    {
      what: 'initialize, ours / context7',
      seen: `${ms(ours.initializeMs)} / ${ms(context7.initializeMs)}`,
      value: ours.initializeMs / context7.initializeMs,
      goal: 0.5,
    },
    {
      what: 'initialize, ours / playwright',
      seen: `${ms(ours.initializeMs)} / ${ms(playwright.initializeMs)}`,
      value: ours.initializeMs / playwright.initializeMs,
      goal: 1,
    },
    {
      what: 'memory after tools/list, ours / smaller of the two',
      seen: [ours, context7, playwright].map((one) => `${Math.round(one.residentMib)} MiB`).join(' / '),
      value: ours.residentMib / Math.min(context7.residentMib, playwright.residentMib),
      goal: 1,
    },
  );
  expect(Object.keys(seen)).toHaveLength(3);
});

it('tools as a model sees them', async () => {
  const { result } = await agent.request('tools/list');
  const { tools }: { tools: { name: string; description: string; inputSchema: unknown }[] } = JSON.parse(
    JSON.stringify(result),
  );
  const tokens = tools
    .map(({ name, description, inputSchema }) =>
      countTokens(JSON.stringify({ name, description, inputSchema })),
    )
    .reduce((a, b) => a + b, 0);
  measured({
    what: 'tools, o200k tokens',
    seen: `${tokens} in ${tools.length} tools`,
    value: tokens,
    goal: 3400,
  });
  expect(tools.length).toBeGreaterThan(0);
});

it('two hundred machines', async () => {
  const many = await listManyMachines();
  measured(
    {
      what: '200 machines: list_machines, seconds',
      seen: seconds(many.seconds),
      value: many.seconds,
      goal: 2,
    },
    {
      what: '200 machines: text of the list, characters',
      seen: String(many.textLength),
      value: many.textLength,
      goal: 8_000,
    },
    {
      what: '200 machines: memory grown by forty lists, MiB',
      seen: many.grownMib.toFixed(1),
      value: many.grownMib,
      goal: 10,
    },
  );
  expect(many.textLength).toBeGreaterThan(0);
});
