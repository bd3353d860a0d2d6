/** The same server on every Node that it promises: each major is fetched from npm, and does the whole job. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../../src/tools/index.ts';
import { type Bin, type BinProcess, copyOfBin, startBin } from '../support/bin.ts';
import { type Lab, startLab } from '../support/lab.ts';

const run = promisify(execFile);

let dir: string;
let bin: Bin;
let lab: Lab;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodes-'));
  bin = await copyOfBin();
  lab = await startLab();
});
afterAll(async () => {
  await lab.close();
  await bin.remove();
  await rm(dir, { recursive: true, force: true });
});

/** npm carries Node itself, under a name for each kind of computer. */
async function nodeOf(major: string): Promise<string> {
  const prefix = process.platform === 'darwin' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const folder = join(dir, major);
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${major}`]);
  return join(folder, 'node_modules', name, 'bin', 'node');
}

describe.each(['20', '22', '24'])('on Node %s', (major) => {
  let node: string;
  let server: BinProcess;
  beforeAll(async () => {
    node = await nodeOf(major);
    server = await startBin(bin, lab, { node, home: join(dir, major) });
  });

  it('lists its tools', async () => {
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
    const names = (await server.client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(tools.map(({ name }) => name));
  });

  it('deploys, chats, and destroys', async () => {
    const { data } = await server.finish('deploy_openclaw', { name: `on-${major}` });
    expect(data).toMatchObject({ status: 'ready' });
    const { machine_id } = data;
    const asked = await server.finish('chat', { machine_id, message: 'Say pomegranate.' });
    expect(asked.data.reply).toContain('pomegranate');
    const plan = await server.call('destroy_machine', { machine_id });
    const { confirmation } = plan.data;
    const gone = await server.finish('destroy_machine', { machine_id, confirmation });
    expect(gone.data).toMatchObject({ status: 'done' });
  });

  it.runIf(process.platform === 'linux')('keeps what it compiled, where Node can read it back', async () => {
    await server.close();
    const kept = existsSync(join(dir, major, '.cache', 'openclaw-dedalus-mcp', 'compiled'));
    expect(kept).toBe(Number(major) >= 22);
  });
});
