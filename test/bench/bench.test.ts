/** `npm run bench`: ours against the published recipe and against two well-known servers, in one run on one computer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { type ServedLocally, serveLocally } from '../support/local-serve.ts';
import { BIN, RawClient } from '../support/raw-client.ts';
import { listManyMachines } from './many-machines.ts';
import { runOurs } from './ours.ts';
import { runRecipe } from './recipe.ts';
import { type Figure, keepResults, previousResults, table } from './report.ts';
import { compareStartUps } from './start-up.ts';

const KEY = 'sk-ant-bench-0123456789';
const figures: Figure[] = [];
let dir: string;
let model: StandInModel;
let local: ServedLocally;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-'));
  model = await startStandInModel();
  local = await serveLocally(join(dir, 'local'));
});
afterAll(async () => {
  const computer = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB`;
  const results = { at: new Date().toISOString(), node: process.version, computer, figures };
  console.log(`\n${table(results, previousResults())}\n`);
  if (process.env.BENCH_KEEP === '1') keepResults(results);
  await local.stop();
  await model.close();
  await rm(dir, { recursive: true, force: true });
});

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

it('the journey, against the published recipe', async () => {
  const agent = agentFor();
  await agent.initialize();
  const ours = await runOurs(agent, local);
  await agent.close();
  const recipe = await runRecipe(local, { url: model.url, key: KEY });
  console.log('stages of our deploy, seconds:', ours.stages);
  console.log('stages of our turn after a sleep:', ours.wakeStages);
  figures.push(
    {
      what: 'create to first reply, ours / recipe',
      seen: `${seconds(ours.createToFirstReplySeconds)} / ${seconds(recipe.createToFirstReplySeconds)}`,
      value: ours.createToFirstReplySeconds / recipe.createToFirstReplySeconds,
      goal: 0.4,
    },
    {
      what: 'sleep to reply after wake, ours / recipe',
      seen: `${seconds(ours.sleepToReplySeconds)} / ${seconds(recipe.sleepToReplySeconds)}`,
      value: ours.sleepToReplySeconds / recipe.sleepToReplySeconds,
      goal: 0.35,
    },
    {
      what: 'chat turn: ours minus the same call inside the machine, ms',
      seen: `${ms(ours.turnMs)} - ${ms(ours.directTurnMs)}`,
      value: ours.turnMs - ours.directTurnMs,
      goal: 150,
    },
    {
      what: 'API requests of a deploy',
      seen: `${ours.deployRequests} (recipe: ${recipe.deployRequests})`,
      value: ours.deployRequests,
      goal: 60,
    },
    {
      what: 'API requests of a warm chat turn',
      seen: ours.turnRequests.toFixed(1),
      value: ours.turnRequests,
      goal: 4,
    },
  );
  expect(ours.turnMs).toBeGreaterThan(0);
});

it('start-up and memory, against two well-known servers', async () => {
  const seen = await compareStartUps(BIN, dir);
  const of = (name: string) => seen[name] ?? { initializeMs: Number.NaN, residentMib: Number.NaN };
  const [ours, context7, playwright] = [of('ours'), of('context7'), of('playwright')];
  figures.push(
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
  const agent = agentFor();
  await agent.initialize();
  const { result } = await agent.request('tools/list');
  await agent.close();
  const { tools }: { tools: { name: string; description: string; inputSchema: unknown }[] } = JSON.parse(
    JSON.stringify(result),
  );
  const tokens = tools
    .map(({ name, description, inputSchema }) =>
      countTokens(JSON.stringify({ name, description, inputSchema })),
    )
    .reduce((a, b) => a + b, 0);
  figures.push({
    what: 'tools, o200k tokens',
    seen: `${tokens} in ${tools.length} tools`,
    value: tokens,
    goal: 3400,
  });
  expect(tools.length).toBeGreaterThan(0);
});

it('two hundred machines', async () => {
  const many = await listManyMachines();
  figures.push(
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
