/** How a job stands before it has a process of its own: on a machine to which a Node is brought first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readJob } from '../../../src/sidecar/jobs/read.ts';
import { writePidFile } from '../../../src/sidecar/process/identity.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'read-job-'));
  mkdirSync(folder(), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const folder = () => join(home, '.openclaw-mcp', 'jobs', 'op-1');
const read = () => readJob({ home, port: 1 }, { id: 'op-1', wait_ms: 0 });

it('it runs while the process lives that brings the Node and then begins it', async () => {
  writeFileSync(join(folder(), 'journal'), '1000 node\n');
  await writePidFile(join(folder(), 'fetching'), process.pid);
  expect(await read()).toMatchObject({ state: 'running', stages: [{ name: 'node' }] });
});

it('it is unknown where that process has gone without having begun it', async () => {
  expect(await read()).toMatchObject({ state: 'unknown' });
  writeFileSync(join(folder(), 'fetching'), '2147483647 1 -\n');
  expect(await read()).toMatchObject({ state: 'unknown' });
});
