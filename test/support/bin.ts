/** The built server as a process of its own, with a client on its stdio: what a person's MCP client would start. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { TESTED_RELEASE } from '../../src/openclaw/catalog/tested-release.ts';
import { answer, type Lab, type ToolAnswer } from './lab.ts';
import { watch } from './no-defects.ts';

/** Another Node than the one that runs the tests, where the same bin is to be proven on it. */
export const NODE = process.env.OPENCLAW_MCP_TEST_NODE ?? process.execPath;

const BUILT = new URL('../../dist/', import.meta.url);

export interface Bin {
  path: string;
  remove(): Promise<void>;
}

/** The bin as it is now: a build meanwhile must not pull it from under a running test. `npm test` has built it. */
export async function copyOfBin(): Promise<Bin> {
  const dir = await mkdtemp(join(tmpdir(), 'bin-'));
  await cp(BUILT, dir, { recursive: true });
  await forgetSums(dir);
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  return {
    path: join(dir, 'openclaw-dedalus-mcp.js'),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** What stands in for OpenClaw, Node and their installers has other sums than the ones that the bin in `dir` knows. */
export async function forgetSums(dir: string): Promise<void> {
  for (const name of await readdir(dir)) await withoutSums(join(dir, name));
}

async function withoutSums(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const names = Object.keys(TESTED_RELEASE.sums);
  if (!names.some((name) => text.includes(`"${name}"`))) return;
  await writeFile(
    file,
    names.reduce((left, name) => left.replaceAll(`"${name}"`, `"not ${name}"`), text),
  );
}

export interface BinProcess {
  client: Client;
  pid: number;
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<ToolAnswer>;
  /** Follows `running` with get_operation until it ends. */
  finish(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>;
  /** SIGKILL: nothing of it gets a chance to clean up. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface StartOptions {
  node?: string;
  home?: string;
  args?: readonly string[];
}

/** Starts the bin against the lab's API and connects. */
export async function startBin(
  bin: Pick<Bin, 'path'>,
  lab: Pick<Lab, 'env'>,
  { node = NODE, home = process.env.HOME ?? '/', args = [] }: StartOptions = {},
): Promise<BinProcess> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const transport = new StdioClientTransport({
    command: node,
    args: [bin.path, ...args],
    env: { PATH, HOME: home, ...lab.env },
    cwd: tmpdir(),
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (data) => watch(String(data)));
  const client = new Client({ name: 'bin-test', version: '1' });
  await client.connect(transport);
  const call = async (name: string, args: Record<string, unknown> = {}, signal?: AbortSignal) => {
    const options = { timeout: 120_000, ...(signal && { signal }) };
    return answer(await client.callTool({ name, arguments: args }, undefined, options));
  };
  return {
    client,
    pid: transport.pid ?? 0,
    call,
    async finish(name, args = {}) {
      let seen = await call(name, args);
      while (seen.data.status === 'running')
        seen = await call('get_operation', { operation_id: seen.data.operation_id });
      return seen;
    },
    async kill() {
      const gone = new Promise<void>((resolve) => {
        client.onclose = resolve;
      });
      if (transport.pid !== null) process.kill(transport.pid, 'SIGKILL');
      await gone;
    },
    close: () => client.close(),
  };
}
