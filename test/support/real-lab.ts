/** The built server, the local API as a process, the real OpenClaw from npm, and a model that needs no key. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelRequest } from '../../src/stand-in/conversation.ts';
import {
  type StandInModel,
  type StandInModelOptions,
  startStandInModel,
} from '../../src/stand-in/model-server.ts';
import { type ServedLocally, serveLocally } from './local-serve.ts';
import { RawClient } from './raw-client.ts';

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
  /** Ends every server, the API and the model, and removes the folder. */
  close(): Promise<void>;
}

export async function startRealLab(modelOptions: StandInModelOptions = {}): Promise<RealLab> {
  const dir = await mkdtemp(join(tmpdir(), 'real-lab-'));
  const model = await startStandInModel(modelOptions);
  const local = await serveLocally(join(dir, 'local'));
  const servers: RawClient[] = [];
  return {
    dir,
    model,
    local,
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

const MARK = /\bmark-[0-9a-f]{8}\b/g;

/** A word that no one else says. */
export const mark = (): string => `mark-${randomBytes(4).toString('hex')}`;

/** Says every marked word that a person has said in the conversation so far. */
export function saysMarks({ turns }: ModelRequest): string {
  const said = turns.filter(({ role }) => role === 'user').flatMap(({ text }) => text.match(MARK) ?? []);
  return `You said: ${[...new Set(said)].join(' ') || 'nothing marked'}`;
}
