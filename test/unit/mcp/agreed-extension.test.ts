/** What a client hears of MCP Apps at its start: the extension where it names it itself, nothing new where it does not. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { agreeOnPages } from '../../../src/mcp/agreed-extension.ts';

async function heardBy(capabilities: ClientCapabilities) {
  const server = new Server({ name: 'server', version: '1' }, { capabilities: { tools: {} } });
  server.registerCapabilities({ resources: {} });
  agreeOnPages(server, ['text/html;profile=mcp-app']);
  const client = new Client({ name: 'client', version: '1' }, { capabilities });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(near), client.connect(far)]);
  return client.getServerCapabilities();
}

it('answers the extension of MCP Apps to a client that names it', async () => {
  const ui = { mimeTypes: ['text/html;profile=mcp-app'] };
  expect(await heardBy({ extensions: { 'io.modelcontextprotocol/ui': ui } })).toEqual({
    tools: {},
    resources: {},
    extensions: { 'io.modelcontextprotocol/ui': ui },
  });
});

it.each<[string, ClientCapabilities]>([
  ['no extension', {}],
  ['another one', { extensions: { 'example.test/other': {} } }],
])('says nothing of it to a client that names %s', async (_, capabilities) => {
  expect(await heardBy(capabilities)).toEqual({ tools: {}, resources: {} });
});
