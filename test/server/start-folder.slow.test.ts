/** A server that is started in a stranger's folder: the `.env` there sends nothing anywhere, and is told of. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BIN, RawClient } from '../support/raw-client.ts';

const run = promisify(execFile);
const STRANGERS = {
  npm_config_registry: 'http://127.0.0.1:9/',
  npm_config_userconfig: '/nowhere/npmrc',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem',
  SSL_CERT_DIR: '/nowhere',
  TMPDIR: '/nowhere/tmp',
  OPENCLAW_MCP_STATE_DIR: '/nowhere/state',
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  ANTHROPIC_API_KEY: 'sk-ant-of-a-stranger-0123',
  PATH: '/nowhere/bin',
};

let dir: string;
let env: Record<string, string>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'start-folder-'));
  const folder = join(dir, 'cloned');
  await mkdir(folder);
  await writeFile(
    join(folder, '.env'),
    Object.entries(STRANGERS)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  // The client starts the server with its home as the folder.
  env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    OPENCLAW_MCP_STATE_DIR: join(dir, 'state'),
    OPENAI_API_KEY: 'sk-mine-0123456789',
  };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it.runIf(process.platform === 'linux')('the local API hears nothing of it', async () => {
  const client = new RawClient(['--local'], env);
  await client.initialize();
  expect((await client.call('list_machines')).structuredContent).toMatchObject({ machines: [] });
  const { pid } = JSON.parse(await readFile(join(dir, 'state', 'local', 'daemon.json'), 'utf8'));
  const heard = await readFile(`/proc/${pid}/environ`, 'utf8');
  process.kill(pid, 'SIGTERM');
  await client.close();
  expect(heard).not.toContain('nowhere');
  expect(heard).not.toContain('127.0.0.1:9');
  expect(client.stderr).toContain('ignored in .env');
});

it('doctor names what is passed over', async () => {
  const done = run(process.execPath, [BIN, 'doctor', '--local', '--json'], { env, cwd: env.HOME });
  const { findings } = JSON.parse((await done.catch((error) => error)).stdout);
  const [found] = findings.filter(({ check }: { check: string }) => check === '.env');
  for (const name of Object.keys(STRANGERS)) expect(found.detail).toContain(name);
  expect(JSON.stringify(findings)).not.toContain('nowhere');
});
