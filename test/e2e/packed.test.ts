/** The package as strangers get it, through npx and in Claude Desktop's bundle. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join, parse, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client as NewClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as NewStdio } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sidecarAsText, sidecarBuild } from '../../sidecar-bundle.mjs';
import { tools } from '../../src/tools/index.ts';
import { viewBuild } from '../../view-bundle.mjs';
import { type Packed, packAndInstall } from '../support/packed.ts';

const run = promisify(execFile);
const NAMES = tools.map((tool) => tool.name);
const textBlocks = z.array(z.object({ text: z.string() }));

let packed: Packed;
let dir: string;
let folder: string;
let tarball: string;
let env: Record<string, string>;
let api: Server;
let requests = 0;

beforeAll(async () => {
  packed = await packAndInstall();
  ({ dir, folder, tarball } = packed);
  api = createServer((_request, response) => {
    requests += 1;
    response.writeHead(401).end('{}');
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  env = {
    ...packed.env,
    DEDALUS_API_KEY: 'dk-test-of-the-package',
    DEDALUS_BASE_URL: `http://127.0.0.1:${port}`,
  };
});

afterAll(async () => {
  api.close();
  await packed.remove();
});

function command() {
  return { command: 'npx', args: ['--no-install', 'openclaw-dedalus-mcp'], env, cwd: folder };
}

test('the tarball holds the bundle and what people read, and nothing else', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  const parts = [
    'THIRD-PARTY-LICENCES.txt',
    'commands.mjs',
    'openclaw-dedalus-mcp.js',
    'proxy-agent.mjs',
    'serve.mjs',
    'view.html',
  ];
  const documents = ['clients', 'commands', 'settings', 'tools'].map((name) => `docs/${name}.md`);
  const skill = 'skills/openclaw-dedalus/SKILL.md';
  const files = [
    'LICENSE',
    'README.md',
    ...parts.map((part) => `dist/${part}`),
    ...documents,
    'package.json',
    skill,
  ];
  expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => `package/${file}`));
});

/** The name and version of every package of which something is in the bundle, found anew from the sources. */
async function bundledLibraries(): Promise<string[]> {
  const files = (await readdir('dist'))
    .filter((file) => /\.m?js$/.test(file))
    .map((file) => parse(file).name);
  const { metafile } = await build({
    entryPoints: files.map((name) => `src/cli/${name === 'openclaw-dedalus-mcp' ? 'main' : name}.ts`),
    ...{ outdir: 'nowhere', write: false, metafile: true, bundle: true, platform: 'node', format: 'esm' },
    loader: { '.sh': 'text' },
    plugins: [sidecarAsText],
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  });
  const outputs = [metafile, (await sidecarBuild()).metafile, (await viewBuild()).metafile].flatMap((each) =>
    Object.values(each.outputs),
  );
  const used = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  const folders = used.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const about = [...new Set(folders)].map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version}`;
  });
  return (await Promise.all(about)).sort();
}

test('it hands on the licence of every library in it', async () => {
  const file = join(folder, 'node_modules', 'openclaw-dedalus-mcp', 'dist', 'THIRD-PARTY-LICENCES.txt');
  const [, ...parts] = (await readFile(file, 'utf8')).split(`\n\n${'-'.repeat(80)}\n\n`);
  const libraries = await bundledLibraries();
  expect(libraries.length).toBeGreaterThan(20);
  expect(parts.map((part) => part.split('\n')[0]).sort()).toEqual(expect.arrayContaining(libraries));
  for (const part of parts) expect(part).toMatch(/copyright|permission|apache license/i);
});

test('it brings no other package', async () => {
  const installed = await readdir(join(folder, 'node_modules'));
  expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['openclaw-dedalus-mcp']);
});

describe('through npx', () => {
  test('a client of today starts it, lists the tools, and the network is not asked', async () => {
    requests = 0;
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new StdioClientTransport(command()));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(NAMES);
    expect(client.getInstructions()).toContain('deploy_openclaw');
    expect(requests).toBe(0);
    await client.close();
  });

  test('a client of the next protocol starts it, lists, calls, and hears what is wrong', async () => {
    const client = new NewClient({ name: 'v2', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new NewStdio(command()));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(NAMES);
    const { isError, content } = await client.callTool({ name: 'list_machines', arguments: {} });
    expect(isError).toBe(true);
    expect(textBlocks.parse(content)[0]?.text).toMatch(/did not accept the API key.*Next: /s);
    await client.close();
  });

  test('install writes npx into a client, since that is how it was started', async () => {
    const [bin, ...args] = ['npx', '--no-install', 'openclaw-dedalus-mcp', 'install', 'codex'];
    await run(bin, args, { cwd: folder, env });
    const written = await readFile(join(dir, 'home', '.codex', 'config.toml'), 'utf8');
    expect(written).toContain('command = "npx"');
    expect(written).not.toContain('dk-test');
  });

  test('doctor says in one run what is wrong, in JSON too, and exits with 1', async () => {
    const bin = ['--no-install', 'openclaw-dedalus-mcp', 'doctor', '--json'];
    const failed = await run('npx', bin, { cwd: folder, env }).catch((error) => error);
    expect(failed.code).toBe(1);
    const { findings } = JSON.parse(failed.stdout);
    const problems = findings.filter(({ state }: { state: string }) => state === 'problem');
    expect(problems.map(({ check }: { check: string }) => check)).toEqual(['provider key', 'Dedalus API']);
    expect(failed.stdout).not.toContain('dk-test');
  });
});

test('the bundle for Claude Desktop is valid, packs, and serves', async () => {
  const bundle = join(dir, 'bundle.mcpb');
  await run(process.execPath, ['mcpb.mjs', bundle]);
  const unpacked = join(dir, 'bundle');
  await run(process.execPath, [
    resolve('node_modules/@anthropic-ai/mcpb/dist/cli/cli.js'),
    'unpack',
    bundle,
    unpacked,
  ]);
  expect((await readdir(unpacked)).sort()).toEqual(['LICENSE', 'README.md', 'manifest.json', 'server']);
  expect(await readdir(join(unpacked, 'server'))).toContain('THIRD-PARTY-LICENCES.txt');
  const client = new Client({ name: 'desktop', version: '1' });
  // Claude Desktop hands on what was not filled in as an empty value.
  const desktop = { ...env, ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' };
  const server = { command: process.execPath, args: [join(unpacked, 'server', 'index.mjs')], env: desktop };
  await client.connect(new StdioClientTransport(server));
  expect((await client.listTools()).tools).toHaveLength(NAMES.length);
  await client.close();
});
