/** The protocol's own conformance suite against this server, and the inspector's opinion of every schema. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sidecarAsText } from '../../sidecar-bundle.mjs';
import { BIN } from '../support/raw-client.ts';
import { type Bridge, startBridge } from './conformance/bridge.ts';

const run = promisify(execFile);
const HERE = resolve('test/e2e/conformance');

let dir: string;
let bridge: Bridge;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'conformance-'));
  const outfile = join(dir, 'server.mjs');
  await build({
    entryPoints: [join(HERE, 'fixture-server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.sh': 'text' },
    plugins: [sidecarAsText],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  bridge = await startBridge({ command: process.execPath, args: [outfile], env: environment() });
});

afterAll(async () => {
  await bridge.close();
  await rm(dir, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: dir, OPENCLAW_MCP_STATE_DIR: join(dir, 'state') };
}

test('every scenario of the conformance suite ends as the baseline says', async () => {
  const suite = resolve('node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const { stdout } = await run(
    process.execPath,
    [
      ...['--import', join(HERE, 'glob-on-node-20.mjs'), suite, 'server', '--url', bridge.url],
      ...['--expected-failures', join(HERE, 'baseline.yml'), '--output-dir', join(dir, 'results')],
    ],
    { env: environment() },
  ).catch((error: { stdout: string }) => error);
  // Its last lines name what is new, and what in the baseline passes by now.
  expect(stdout.slice(stdout.indexOf('=== SUMMARY ==='))).toContain('Baseline check passed');
});

test('the inspector finds no schema that a client would refuse', async () => {
  const inspector = resolve('node_modules/.bin/mcp-inspector');
  const list = ['--cli', process.execPath, BIN, '--method', 'tools/list', '--strict', '--format', 'json'];
  // It exits with 6 when its strict report has an error.
  await expect(run(process.execPath, [inspector, ...list], { env: environment() })).resolves.toMatchObject({
    stdout: expect.stringContaining('deploy_openclaw'),
  });
});
