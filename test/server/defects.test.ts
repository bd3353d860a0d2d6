/** A defect can be found: the id in the result is the id of a line that holds the stack, in a call and in an operation. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Call } from '../../src/dedalus/calls/call.ts';
import { dedalusCaller } from '../../src/dedalus/client.ts';
import { providerKeys } from '../../src/openclaw/catalog/providers.ts';
import { assembleServer } from '../../src/server.ts';
import { answer, PROVIDER_KEY } from '../support/lab.ts';
import { plantedDefects, watch } from '../support/no-defects.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'defects-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A server whose calls of one method to an empty cloud have a defect that would also give a key away. */
async function connected(broken: 'get' | 'post', logged: string[]) {
  const fetch = async () => Response.json({ items: [] });
  const sound = dedalusCaller({ apiKey: 'k', baseUrl: 'http://127.0.0.1:9', clock: systemClock, fetch });
  const call: Call = (request, ...rest) => {
    if (request.method === broken) throw new TypeError(`reading 'x' of undefined, ${PROVIDER_KEY}`);
    return sound(request, ...rest);
  };
  const { server } = assembleServer({
    config: readConfig({ OPENCLAW_MCP_STATE_DIR: dir }),
    connect: async () => call,
    providers: providerKeys({ ANTHROPIC_API_KEY: PROVIDER_KEY }),
    secrets: [PROVIDER_KEY],
    clock: systemClock,
    writeLog: (line) => logged.push(watch(line)),
  });
  const client = new Client({ name: 'test', version: '1' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(near), client.connect(far)]);
  return async (name: string) => answer(await client.callTool({ name, arguments: {} }));
}

it.each([
  ['call', 'list_machines', 'get'],
  ['operation', 'deploy_openclaw', 'post'],
] as const)('in a %s', async (what, tool, broken) => {
  const logged: string[] = [];
  const call = await connected(broken, logged);
  const { texts } = await call(tool);
  const [, id] =
    new RegExp(`A defect in this server stopped the ${what} \\(id ([0-9a-f]{8})\\)`).exec(texts[0] ?? '') ??
    [];
  expect(texts[0]).toMatch(/Next: Try again; if it stays so, report it with the id above\.$/);
  const [line = ''] = logged.filter((each) => each.includes(`"id":"${id}"`));
  expect(line).toMatch(/TypeError: reading.*defects\.test\.ts:\d+/);
  expect(texts.join() + logged.join()).not.toContain(PROVIDER_KEY);
  // The tests' own client has noticed, in the result and in the log.
  expect(plantedDefects().length).toBeGreaterThanOrEqual(2);
});
