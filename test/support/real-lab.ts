/** The built server, the local API as a process, the real OpenClaw from npm, and a model that needs no key. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { z } from 'zod';
import { TESTED_RELEASE } from '../../src/openclaw/catalog/tested-release.ts';
import type { ModelRequest } from '../../src/stand-in/conversation.ts';
import {
  type StandInModel,
  type StandInModelOptions,
  startStandInModel,
} from '../../src/stand-in/model-server.ts';
import { type ServedLocally, serveLocally } from './local-serve.ts';
import { type Message, RawClient } from './raw-client.ts';
import { keepTrees, withTrees } from './shared-trees.ts';

export interface RealLab {
  /** Holds everything, and is the home of every server. */
  dir: string;
  model: StandInModel;
  local: ServedLocally;
  /**
   * A new server process on the same state folder, initialized.
   * @param env on top of the environment that the poorest client passes on, with a key that the model takes.
   */
  server(env?: Record<string, string>): Promise<RawClient>;
  /**
   * A machine that runs OpenClaw, deployed by `agent`, which nothing but the first one of the test run installs from the
   * registry. @param args of `deploy_openclaw`
   */
  deploy(agent: RawClient, args?: Message): Promise<Message>;
  /** Leaves what was installed on this machine, the tested release, to whoever deploys the same after it. */
  share(machineId: unknown): void;
  /** The machine's persistent home, as a folder of this computer. */
  home(machineId: unknown): string;
  /** Ends every server, the API and the model, and removes the folder. */
  close(): Promise<void>;
}

export async function startRealLab(modelOptions: StandInModelOptions = {}): Promise<RealLab> {
  const dir = await mkdtemp(join(tmpdir(), 'real-lab-'));
  const model = await startStandInModel(modelOptions);
  const local = await serveLocally(join(dir, 'local'));
  const servers: RawClient[] = [];
  const home = (machineId: unknown) =>
    join(dir, 'local', 'local', 'machines', String(machineId).replace(/^dm-/, ''), 'home');
  return {
    dir,
    model,
    local,
    home,
    async deploy(agent, args = {}) {
      const machineId = await emptyMachine(local);
      return withTrees(String(args.openclaw_version ?? TESTED_RELEASE.openclaw), home(machineId), () =>
        agent.finish('deploy_openclaw', { ...args, machine_id: machineId }),
      );
    },
    share: (machineId) => keepTrees(TESTED_RELEASE.openclaw, home(machineId)),
    async server(env = {}) {
      const client = new RawClient([], {
        PATH: process.env.PATH ?? '',
        HOME: dir,
        DEDALUS_API_KEY: local.apiKey,
        DEDALUS_BASE_URL: local.baseUrl,
        ANTHROPIC_API_KEY: 'sk-ant-e2e-0123456789abcdef',
        ANTHROPIC_BASE_URL: model.url,
        OPENCLAW_MCP_STATE_DIR: join(dir, 'state'),
        ...env,
      });
      servers.push(client);
      await client.initialize();
      return client;
    },
    async close() {
      for (const server of servers) await server.close();
      await local.stop();
      await model.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** As large as those that a deploy creates. */
async function emptyMachine(local: ServedLocally): Promise<string> {
  const body = { vcpu: 2, memory_mib: 4096, storage_gib: 10 };
  const created = createdSchema.parse(
    await askApi(local, '/v1/machines', { method: 'POST', body: JSON.stringify(body) }),
  );
  const phase = async () =>
    machineSchema.parse(await askApi(local, `/v1/machines/${created.machine_id}`)).status.phase;
  await vi.waitUntil(async () => (await phase()) === 'running', { timeout: 60_000, interval: 20 });
  return created.machine_id;
}

const createdSchema = z.object({ machine_id: z.string() });
const machineSchema = z.object({ status: z.object({ phase: z.string() }) });

async function askApi(
  { baseUrl, apiKey }: ServedLocally,
  path: string,
  init: RequestInit = {},
): Promise<unknown> {
  const headers = {
    'x-api-key': apiKey,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  return (await fetch(`${baseUrl}${path}`, { ...init, headers })).json();
}

const MARK = /\bmark-[0-9a-f]{8}\b/g;

/** A word that no one else says. */
export const mark = (): string => `mark-${randomBytes(4).toString('hex')}`;

/** Says every marked word that a person has said in the conversation so far. */
export function saysMarks({ turns }: ModelRequest): string {
  const said = turns.filter(({ role }) => role === 'user').flatMap(({ text }) => text.match(MARK) ?? []);
  return `You said: ${[...new Set(said)].join(' ') || 'nothing marked'}`;
}
