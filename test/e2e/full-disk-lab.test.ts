/** Settings that are changed while the machine's disk is full: the disk is named, and not the model that answered well. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

const OTHER = 'anthropic/claude-opus-4-6';
let lab: Lab;
let agent: LabClient;
let tools: string;
let full: string;
/** Whether the disk fills up when the gateway asks its model. */
let fills = false;
beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), 'full-disk-'));
  full = join(tools, 'full');
  // What the system says of the disk, to every program of the machine that runs on Node.
  const statfs = `const fs = require('node:fs');
    const { statfsSync, existsSync } = fs;
    fs.statfsSync = (...args) => ({ ...statfsSync(...args), ...(existsSync('${full}') && { bavail: 2 }) });
    require('node:module').syncBuiltinESMExports();`;
  await writeFile(join(tools, 'statfs.cjs'), statfs);
  lab = await startLab({
    machineEnv: { NODE_OPTIONS: `--require ${join(tools, 'statfs.cjs')}` },
    model: {
      fault: ({ question }) => {
        if (!fills || !question.includes('Reply with: ok')) return undefined;
        writeFileSync(full, '');
        return { kind: 'status', status: 500, type: 'api_error', message: 'it went wrong' };
      },
    },
  });
  agent = await lab.connect();
  await agent.finish('deploy_openclaw');
});
afterAll(async () => {
  await lab.close();
  await rm(tools, { recursive: true });
});

const settings = async () => String((await agent.finish('configure_openclaw')).data.settings);

it('on a full disk nothing is changed, and no model is asked through the gateway', async () => {
  const before = await settings();
  await writeFile(full, '');
  const { data } = await agent.finish('configure_openclaw', { set: { 'tools.exec.ask': 'always' } });
  expect(data).toMatchObject({
    status: 'failed',
    error: { code: 'machine_failed', message: expect.stringContaining('disk is full') },
  });
  await rm(full);
  expect(await settings()).toBe(before);
});

it('a disk that fills up in the middle: the settings from before are put back, and the model is not blamed', async () => {
  const before = await settings();
  fills = true;
  const { data } = await agent.finish('configure_openclaw', { model: OTHER });
  fills = false;
  await rm(full);
  expect(data).toMatchObject({
    status: 'failed',
    error: { code: 'machine_failed', message: expect.stringContaining('disk was full') },
  });
  expect(await settings()).toBe(before);
});
