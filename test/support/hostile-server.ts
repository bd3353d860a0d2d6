/** The whole server in front of a machine that is somebody else's: real tools, client and records, no network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { onTestFinished } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { dedalusCaller } from '../../src/dedalus/client.ts';
import { providerKeys } from '../../src/openclaw/catalog/providers.ts';
import { type AssembledServer, assembleServer } from '../../src/server.ts';
import type { HostileMachine } from './hostile-machine.ts';

export interface HostileServer {
  client: Client;
  assembled: AssembledServer;
  stateDir: string;
  /** The result as the client got it. */
  call(name: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>;
}

/** @param stateDir of an earlier server, for one that is started after it. */
export async function hostileServer(
  { fetch }: HostileMachine,
  clock: Clock,
  stateDir?: string,
): Promise<HostileServer> {
  const dir = stateDir ?? (await mkdtemp(join(tmpdir(), 'hostile-')));
  const assembled = assembleServer({
    config: readConfig({ OPENCLAW_MCP_STATE_DIR: dir, DEDALUS_API_KEY: 'dsk-test-0123456789' }),
    connect: async () =>
      dedalusCaller({
        ...{ apiKey: 'dsk-test-0123456789', baseUrl: 'http://127.0.0.1:9', orgId: undefined },
        ...{ clock, fetch },
      }),
    providers: providerKeys({ ANTHROPIC_API_KEY: 'sk-ant-test-0123456789abcdef' }),
    secrets: [],
    clock,
    writeLog: () => {},
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1' });
  await Promise.all([assembled.server.connect(near), client.connect(far)]);
  onTestFinished(async () => {
    assembled.close();
    await client.close();
    if (stateDir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    ...{ client, assembled, stateDir: dir },
    call: (name, args = {}) => client.callTool({ name, arguments: args }),
  };
}
