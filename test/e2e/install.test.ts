/** What `install` writes is what starts: each client's own file, read as that client reads it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { parse as parseJsonc } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { CLIENTS } from '../../src/cli/install/clients.ts';
import { SERVER_NAME } from '../../src/cli/install/entry.ts';
import { processLives } from '../../src/core/files.ts';
import { readyPath } from '../../src/local/daemon/ready-file.ts';
import { BIN } from '../support/raw-client.ts';

const run = promisify(execFile);
const KEY = 'dk-set-by-the-person';
const entrySchema = z.looseObject({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()).default({}),
  env_vars: z.array(z.string()).default([]),
});

let home: string;
let stateDir: string;
let own: Record<string, string>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'installed-'));
  stateDir = join(home, 'state');
  own = { PATH: process.env.PATH ?? '', HOME: home, DEDALUS_API_KEY: KEY };
});

afterAll(async () => {
  await endDaemon();
  await rm(home, { recursive: true, force: true });
});

/** Runs `install`, and returns what the client would start, its references replaced. */
async function installed(id: string, flags: readonly string[] = []) {
  const client = CLIENTS.find((one) => one.id === id);
  if (!client) throw new Error(`There is no client ${id}`);
  await run(process.execPath, [BIN, 'install', id, ...flags], { env: own, cwd: home });
  const text = await readFile(client.file({ platform: process.platform, env: own, home }), 'utf8');
  const root: unknown = text.trimStart().startsWith('{') ? parseJsonc(text) : parseToml(text);
  const entry = entrySchema.parse(find(root, SERVER_NAME));
  const passed = entry.env_vars.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]]));
  const named = Object.entries(entry.env).map(([name, value]) => [name, value && (own[name] ?? '')]);
  const env: Record<string, string> = Object.fromEntries([...passed, ...named]);
  return { ...entry, env };
}

function find(node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  const own = Object.entries(node).find(([name]) => name === key)?.[1];
  return (
    own ??
    Object.values(node)
      .map((child) => find(child, key))
      .find((found) => found !== undefined)
  );
}

async function connect(server: { command: string; args: string[]; env: Record<string, string> }) {
  const client = new Client({ name: 'a client', version: '1' });
  const env = { PATH: own.PATH ?? '', HOME: home, OPENCLAW_MCP_STATE_DIR: stateDir, ...server.env };
  await client.connect(
    new StdioClientTransport({ command: server.command, args: server.args, env, cwd: home }),
  );
  return client;
}

test.each(CLIENTS.map(({ id }) => id))('%s starts the server from the entry that was written', async (id) => {
  const entry = await installed(id);
  // Claude Desktop knows no references; its key is for the person to write, or for login.
  expect(entry.env.DEDALUS_API_KEY ?? '').toBe(id === 'claude-desktop' ? '' : KEY);
  const client = await connect(entry);
  expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  await client.close();
});

test('--local needs no account: the first call starts the local API, and there are no machines yet', async () => {
  const client = await connect(await installed('cursor', ['--local']));
  const { content, structuredContent } = await client.callTool({ name: 'list_machines', arguments: {} });
  expect(JSON.stringify(content)).toContain('deploy_openclaw');
  expect(structuredContent).toMatchObject({ machines: [] });
  await client.close();
});

async function endDaemon(): Promise<void> {
  const { pid } = z
    .object({ pid: z.number() })
    .parse(JSON.parse(await readFile(readyPath(stateDir), 'utf8')));
  process.kill(pid, 'SIGTERM');
  await vi.waitFor(() => expect(processLives(pid)).toBe(false), { timeout: 20_000 });
}
