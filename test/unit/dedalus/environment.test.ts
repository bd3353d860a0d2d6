/** A user's other Dedalus settings stay out of our requests, and the library stays off our stdout. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { coded, wireMachine } from '../../support/dedalus-wire.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const program = `
  import { dedalusClient } from './src/dedalus/client.ts';
  import { systemClock } from './src/core/clock.ts';
  const api = dedalusClient({ apiKey: 'dsk-test', baseUrl: process.argv[2], clock: systemClock });
  await api.getMachine('dm-1');
  await api.wakeMachine('dm-1', { idempotencyKey: 'k' }).catch(() => {});
`;

it('uses none of the DEDALUS_* variables and writes nothing, also with DEDALUS_LOG=debug', async () => {
  const server = await scriptedHttp();
  const folder = await mkdtemp(join(tmpdir(), 'dedalus-env-'));
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('running') });
  server.on('POST', '/v1/machines/dm-1/wake', coded(409, 'INVALID_STATE', 'no'));
  const outfile = join(folder, 'program.mjs');
  await build({
    stdin: { contents: program, resolveDir: process.cwd(), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const child = spawn(process.execPath, [outfile, server.url], {
    env: {
      DEDALUS_LOG: 'debug',
      DEDALUS_API_KEY: 'leak-bearer',
      DEDALUS_X_API_KEY: 'leak-x',
      DEDALUS_BASE_URL: 'http://127.0.0.1:9',
      DEDALUS_ORG_ID: 'leak-org',
      DEDALUS_PROVIDER: 'leak-provider',
      DEDALUS_PROVIDER_KEY: 'leak-key',
      DEDALUS_PROVIDER_MODEL: 'leak-model',
    },
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += String(chunk)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, written }).toEqual({ code: 0, written: '' });
  expect(server.requests).toHaveLength(2);
  expect(JSON.stringify(server.requests)).not.toContain('leak');
  expect(server.requests[0]?.headers['x-api-key']).toBe('dsk-test');
});
