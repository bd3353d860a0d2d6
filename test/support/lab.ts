/** The whole product but the cloud: real tools, client, scripts and local API; stand-ins for npm, OpenClaw and the model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { dedalusCaller } from '../../src/dedalus/client.ts';
import type { Watch } from '../../src/dedalus/wire.ts';
import { type LocalServer, serveLocal } from '../../src/local/api/serve.ts';
import type { LocalSettings } from '../../src/local/options.ts';
import { processRuntime } from '../../src/local/runtimes/process-runtime.ts';
import type { Runtime } from '../../src/local/runtimes/runtime.ts';
import { channelKeys } from '../../src/openclaw/catalog/channels.ts';
import { requireRelease } from '../../src/openclaw/catalog/newest-release.ts';
import { providerKeys } from '../../src/openclaw/catalog/providers.ts';
import { type AssembledServer, assembleServer } from '../../src/server.ts';
import {
  type StandInModel,
  type StandInModelOptions,
  startStandInModel,
} from '../../src/stand-in/model-server.ts';
import { watch } from './no-defects.ts';
import { STAND_IN_RELEASE } from './stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from './stand-in-openclaw/registry.ts';

export const PROVIDER_KEY = 'sk-ant-lab-0123456789abcdef';

export interface LabOptions {
  settings?: LocalSettings;
  model?: StandInModelOptions;
  /** What the machines are made of; real processes unless told. */
  runtime?: Runtime;
  /** Added to the environment of machines that are real processes. */
  machineEnv?: Record<string, string>;
  /** Added to the server's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
}

export interface ToolAnswer {
  isError: boolean;
  /** Every text block. */
  texts: string[];
  data: Record<string, unknown>;
}

export interface LabClient {
  client: Client;
  assembled: AssembledServer;
  call(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>;
  /** As a person with patience: follows `running` with get_operation until it ends. */
  finish(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>;
}

export interface Connection {
  /** Answers what the server asks its person; without it the client declares no such ability. */
  person?: () => Promise<ElicitResult>;
  readOnly?: boolean;
  only?: readonly string[];
  clock?: Clock;
  /** What the registry would say of the newest release. */
  newest?: () => Promise<string | undefined>;
  /** Sees every request to the API. */
  watch?: Watch;
  /** Takes the server's diagnostics; default: stderr. */
  writeLog?: (line: string) => void;
}

export interface Lab {
  local: LocalServer;
  model: StandInModel;
  registry: FakeRegistry;
  stateDir: string;
  /** What a server needs in its environment to work in this lab. */
  env: Readonly<Record<string, string>>;
  /** A new server process, as far as the state folder and the machines can tell. */
  connect(env?: Record<string, string | undefined>, how?: Connection): Promise<LabClient>;
  close(): Promise<void>;
}

const answerSchema = z.object({
  isError: z.boolean().default(false),
  content: z.array(z.object({ text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).default({}),
});

/** @param result as `tools/call` returns it */
export function answer(result: unknown): ToolAnswer {
  const { isError, content, structuredContent } = answerSchema.parse(watch(result));
  return { isError, texts: content.map((block) => block.text), data: structuredContent };
}

// Every phase still happens, but a test does not wait for it.
const FAST = { accepted: 1, placement: 1, starting: 1, guest: 0, stopping: 1, destroying: 1 };

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-'));
  const stateDir = join(dir, 'state');
  const model = await startStandInModel(options.model);
  const registry = await startFakeRegistry();
  const trust = { env: { NPM_CONFIG_REGISTRY: registry.url, ...options.machineEnv }, files: [] };
  const local = await serveLocal({
    stateDir: join(dir, 'local'),
    runtime: options.runtime ?? processRuntime({ env: { PATH: process.env.PATH }, trust }),
    settings: { delays: FAST, ...options.settings },
  });
  const base = {
    DEDALUS_API_KEY: local.apiKey,
    DEDALUS_BASE_URL: local.baseUrl,
    ANTHROPIC_API_KEY: PROVIDER_KEY,
    ANTHROPIC_BASE_URL: model.url,
    OPENCLAW_MCP_STATE_DIR: stateDir,
    OPENCLAW_MCP_NODE_MIRROR: `${registry.url}/dist`,
    OPENCLAW_MCP_NPM_REGISTRY: registry.url,
  };
  const clients: LabClient[] = [];
  return {
    local,
    model,
    registry,
    stateDir,
    env: base,
    async connect(env = {}, how = {}) {
      const all = { ...base, ...options.env, ...env };
      const client = await connectLab(all, how);
      clients.push(client);
      return client;
    },
    async close() {
      for (const { client, assembled } of clients) {
        assembled.close();
        await client.close();
      }
      await local.close();
      await registry.close();
      await model.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function connectLab(env: Record<string, string | undefined>, how: Connection): Promise<LabClient> {
  const { person, clock = systemClock, writeLog = (line) => process.stderr.write(`${line}\n`) } = how;
  const config = readConfig(env);
  const providers = providerKeys(env);
  const assembled = assembleServer({
    config,
    connect: async () =>
      dedalusCaller({
        apiKey: config.dedalusApiKey ?? '',
        baseUrl: config.dedalusBaseUrl,
        orgId: config.dedalusOrgId,
        clock: systemClock,
        watch: how.watch,
      }),
    providers,
    channels: channelKeys(env),
    release: STAND_IN_RELEASE,
    requireRelease: requireRelease(fetch, config.npmRegistry, clock),
    newest: how.newest,
    secrets: [config.dedalusApiKey ?? '', ...providers.map(({ key }) => key)],
    readOnly: how.readOnly,
    only: how.only,
    clock,
    writeLog: (line) => writeLog(watch(line)),
  });
  const capabilities = person === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'lab', version: '1' }, { capabilities });
  if (person) client.setRequestHandler(ElicitRequestSchema, person);
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([assembled.server.connect(near), client.connect(far)]);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> => {
    return answer(await client.callTool({ name, arguments: args }, undefined, { timeout: 120_000 }));
  };
  const finish = async (name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> => {
    let seen = await call(name, args);
    while (seen.data.status === 'running')
      seen = await call('get_operation', { operation_id: seen.data.operation_id });
    return seen;
  };
  return { client, assembled, call, finish };
}
