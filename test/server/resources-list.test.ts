/** Clients ask for the resources at their start: without a cloud no machine is in the list, soon, and the log says why. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import { connectCloud } from '../../src/cli/assemble.ts';
import { readConfig } from '../../src/config/config.ts';
import { dedalusCaller } from '../../src/dedalus/client.ts';
import { assembleServer } from '../../src/server.ts';
import { VIEW_URI } from '../../src/tools/views.ts';
import { manualClock } from '../support/manual-clock.ts';
import { watch } from '../support/no-defects.ts';

/** What the cloud does to a request. */
type Cloud = typeof fetch;
const refusing: Cloud = async () => {
  throw Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
  });
};
const silent: Cloud = () => new Promise(() => {});
const doubting: Cloud = async () => Response.json({}, { status: 401 });
const broken: Cloud = async () =>
  Response.json({ error_code: 'DOWN', message: 'x', retryable: true }, { status: 503 });

async function listed(cloud: Cloud | undefined, slow: boolean) {
  const config = readConfig({ OPENCLAW_MCP_STATE_DIR: '/nowhere' });
  const clock = manualClock();
  const logged: string[] = [];
  const { server } = assembleServer({
    config,
    connect: async (learn) =>
      cloud === undefined
        ? connectCloud({ env: {}, faults: [], ignored: [] })(config, learn)
        : dedalusCaller({ apiKey: 'k', baseUrl: 'https://machines.invalid', clock, fetch: cloud }),
    providers: [],
    secrets: [],
    clock,
    writeLog: (line) => logged.push(watch(line)),
  });
  const client = new Client({ name: 'test', version: '1' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(near), client.connect(far)]);
  const asking = client.listResources();
  if (slow) {
    // The wait of the list, and the deadlines of its request.
    await expect.poll(() => clock.waiting()).toBeGreaterThan(1);
    await clock.advance(2_000);
  }
  const { resources } = await asking;
  const { resourceTemplates } = await client.listResourceTemplates();
  /** Whether the log says it in the end. */
  const told = async (reason: RegExp) => {
    for (let waited = 0; waited < 60_000 && !reason.test(logged.join()); waited += 1_000)
      await clock.advance(1_000);
    return reason.test(logged.join());
  };
  return { resources, templates: resourceTemplates.length, told };
}

it.each<[string, Cloud | undefined, { slow: boolean; log: RegExp }]>([
  ['no key is set', undefined, { slow: false, log: /DEDALUS_API_KEY is not set/ }],
  ['the key is refused', doubting, { slow: false, log: /did not accept the API key/ }],
  // What is tried again says why only after the answer.
  ['nobody listens', refusing, { slow: true, log: /cannot be reached/ }],
  ['nobody answers', silent, { slow: true, log: /did not answer in time/ }],
  ['the cloud is down', broken, { slow: true, log: /list is empty/ }],
])('%s', async (_, cloud, { slow, log }) => {
  const { resources, templates, told } = await listed(cloud, slow);
  expect(resources.map(({ uri }) => uri)).toEqual([VIEW_URI]);
  expect(templates).toBe(3);
  expect(await told(log)).toBe(true);
});
