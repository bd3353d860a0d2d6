/** The end of a job is the truth about it, or there is none. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobFiles, reserveEnd } from '../../../src/sidecar/jobs/files.ts';
import { readJob } from '../../../src/sidecar/jobs/read.ts';
import { runJob } from '../../../src/sidecar/jobs/run.ts';

let home: string;
const place = () => ({ home, port: 1 });
const files = () => jobFiles(place(), 'b-1');
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'run-job-'));
  for (const folder of ['.openclaw/workspace', '.openclaw-mcp/jobs/b-1'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, '.openclaw/openclaw.json'), '{"gateway":{}}');
  writeFileSync(join(home, '.openclaw/secrets.json'), '{}');
  const request = { key: '5e'.repeat(32), manifest: {} };
  writeFileSync(files().request, JSON.stringify({ kind: 'backup', request, addresses: {} }));
  // Of a process that is gone.
  writeFileSync(files().pid, '2147483646 1 boot\n');
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(home, { recursive: true, force: true });
});

const state = async () => (await readJob(place(), { id: 'b-1', wait_ms: 0 })).state;

it('stands also where the room that was kept for it was cleared away', async () => {
  await runJob(place(), 'b-1');
  expect(await state()).toBe('done');
  expect(existsSync(files().work)).toBe(false);
});

it('is not told as failed where the work was done and its end cannot be written', async () => {
  reserveEnd(files());
  mkdirSync(join(files().exit, 'in the way'), { recursive: true });
  await expect(runJob(place(), 'b-1')).rejects.toThrow();
  expect(await state()).toBe('lost');
});
