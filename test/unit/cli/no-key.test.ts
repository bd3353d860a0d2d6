/** Without a key, or with a wrong setting, the server is there all the same, and every call says what to do. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import { connectCloud } from '../../../src/cli/serve.ts';
import { readConfig } from '../../../src/config/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import { assembleServer } from '../../../src/server.ts';
import { answer } from '../../support/lab.ts';

async function connected(fault?: AppError) {
  const config = readConfig({ OPENCLAW_MCP_STATE_DIR: '/nowhere' });
  const { server } = assembleServer({
    config,
    connect: (learn) => connectCloud({})(config, learn),
    fault,
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

it('says what is wrong with its settings at every call, and does nothing', async () => {
  const client = await connected(new AppError('config', 'OPENCLAW_MCP_CONFIRM must be on or off'));
  const { tools } = await client.listTools();
  for (const { name } of tools) {
    const { texts, isError } = answer(await client.callTool({ name, arguments: {} }));
    expect(isError).toBe(true);
    expect(texts[0]).toContain('OPENCLAW_MCP_CONFIRM must be on or off');
  }
  await client.close();
});
