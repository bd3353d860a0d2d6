/** A state folder that others can fill gives no address, takes no key, and is named by doctor. */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stateFolder } from '../../../src/cli/doctor/setup.ts';
import { environmentOf } from '../../../src/cli/environment.ts';
import { loginCommand } from '../../../src/cli/login.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { lockStateDir } from '../../../src/local/daemon/lock.ts';
import { livingServer, localFolder, readyPath } from '../../../src/local/daemon/ready-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'own-state-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function openToAll(): Promise<string> {
  const state = join(dir, 'state');
  await mkdir(state);
  await chmod(state, 0o777);
  return state;
}

it('login asks for no key where others could read or replace it', async () => {
  const state = await openToAll();
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });
  const stdout = terminal();
  const io = { env: { OPENCLAW_MCP_STATE_DIR: state }, stdin: terminal(), stdout };
  await expect(loginCommand([], Object(io))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining(state),
  });
  expect(stdout.read()).toBeNull();
  expect(await readdir(state)).toEqual([]);
});

it('keys that somebody may have planted are not used', async () => {
  const state = await openToAll();
  const planted = JSON.stringify({ DEDALUS_API_KEY: 'dk-somebody-elses' });
  await writeFile(join(state, 'credentials.json'), planted, { mode: 0o600 });
  const { env, faults } = environmentOf({ OPENCLAW_MCP_STATE_DIR: state }, {}, false);
  expect(env.DEDALUS_API_KEY).toBeUndefined();
  expect(faults).toMatchObject([
    {
      message: expect.stringContaining(
        `${state} is not used for keys and records: it can be written by others`,
      ),
    },
  ]);
});

it('doctor tries the folder, leaves nothing there, and names one that it does not use', async () => {
  expect(await stateFolder(dir)).toMatchObject({ state: 'ok', detail: dir });
  expect(await stateFolder(join(dir, 'not', 'there'))).toMatchObject({ state: 'ok' });
  expect(await readdir(dir)).toEqual([]);
  const state = await openToAll();
  expect(await stateFolder(state)).toMatchObject({
    state: 'problem',
    detail: expect.stringContaining('can be written by others'),
    remedy: expect.stringContaining('chmod'),
  });
  await writeFile(join(dir, 'file'), '');
  expect(await stateFolder(join(dir, 'file', 'state'))).toMatchObject({
    state: 'problem',
    detail: expect.stringContaining('no folder'),
  });
});

it.each([
  'http://169.254.169.254:80',
  'http://127.0.0.1.example.com:80',
  'http://127.0.0.1:80@example.com:80',
  'https://example.com',
  'http://localhost:80',
  'http://127.0.0.1:80/v1?to=example.com',
])('the address of the local API is this computer, never %s', async (base_url) => {
  const release = await lockStateDir(systemClock, localFolder(dir));
  const ready = { base_url, api_key: 'k', pid: process.pid, version: '1.0.0', background: true };
  await writeFile(readyPath(dir), JSON.stringify(ready), { mode: 0o600 });
  expect(await livingServer(dir)).toBeUndefined();
  await writeFile(readyPath(dir), JSON.stringify({ ...ready, base_url: 'http://127.0.0.1:80' }));
  expect(await livingServer(dir)).toMatchObject({ pid: process.pid });
  await writeFile(readyPath(dir), '{"base_url": "http');
  expect(await livingServer(dir)).toBeUndefined();
  await release();
});
