/** Without a key, or with a wrong setting, the server is there all the same, and every call says what to do. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import { connectCloud } from '../../../src/cli/assemble.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { Fault, Need } from '../../../src/config/faults.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { assembleServer } from '../../../src/server.ts';
import { tools } from '../../../src/tools/index.ts';
import { answer } from '../../support/lab.ts';

async function connected(faults: readonly Fault[] = []) {
  const config = readConfig({ OPENCLAW_MCP_STATE_DIR: '/nowhere' });
  const { server } = assembleServer({
    config,
    connect: (learn) => connectCloud({ env: {}, faults, ignored: [] })(config, learn),
    faults,
    providers: [],
    secrets: [],
    clock: systemClock,
    writeLog: () => {},
  });
  const client = new Client({ name: 'test', version: '1' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(near), client.connect(far)]);
  return client;
}

it('names the variable and every place where the key may be kept', async () => {
  const client = await connected();
  expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  const { texts, isError } = answer(await client.callTool({ name: 'list_machines', arguments: {} }));
  expect(isError).toBe(true);
  for (const words of ['DEDALUS_API_KEY', 'DEDALUS_API_KEY_FILE', 'openclaw-dedalus-mcp login', '--local']) {
    expect(texts[0]).toContain(words);
  }
  await client.close();
});

const wrong = (stops: Need): Fault => ({ variable: 'THE_VARIABLE', message: 'is wrong', stops: [stops] });

/** The tools whose call is stopped by it. */
async function stopped(stops: Need): Promise<string[]> {
  const client = await connected([wrong(stops)]);
  const { tools } = await client.listTools();
  const names: string[] = [];
  for (const { name } of tools) {
    const { texts } = answer(await client.callTool({ name, arguments: {} }));
    if (texts[0]?.includes('THE_VARIABLE is wrong')) names.push(name);
  }
  await client.close();
  return names;
}

it('says what is wrong with a limit or with its state folder at every call', async () => {
  expect(await stopped('always')).toHaveLength(tools.length);
});

it.each<[Need, string[], string[]]>([
  ['models', ['deploy_openclaw'], ['list_machines', 'chat', 'gateway_status']],
  ['channels', [], ['configure_openclaw', 'deploy_openclaw']],
  ['destroying', ['destroy_machine'], ['list_machines', 'sleep_machine']],
  ['installing', ['deploy_openclaw', 'upgrade_openclaw', 'repair_openclaw'], ['list_machines']],
  ['cloud', ['list_machines', 'gateway_status'], ['get_operation']],
])('a wrong setting for %s stops what needs it, and nothing else', async (need, needing, others) => {
  const names = await stopped(need);
  expect(names).toEqual(expect.arrayContaining(needing));
  expect(names.filter((name) => others.includes(name))).toEqual([]);
});
