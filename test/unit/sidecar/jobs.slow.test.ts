/** Detached jobs: begun once under an id, followed and stopped by whichever version asks, and ended whole or not at all. */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { askSidecar } from '../../../src/openclaw/sidecar/ask-sidecar.ts';
import { readResult, resultText } from '../../../src/sidecar/jobs/result.ts';
import { identityOf } from '../../../src/sidecar/process/identity.ts';
import type { RequestOf } from '../../../src/sidecar/protocol.ts';
import { hasSmallDisks, runOnSmallDisk } from '../../support/small-disk.ts';
import { type HomeMachine, homeMachine } from '../openclaw/home-machine.ts';

const OPTIONS = { timeoutMs: 20_000, rerunnable: true };
const KEY = '5e'.repeat(32);
let machine: HomeMachine;
const children: number[] = [];
beforeEach(async () => {
  machine = await homeMachine();
  const bin = join(machine.home, '.openclaw-mcp/node/bin');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node'));
  mkdirSync(join(machine.home, '.openclaw/workspace'), { recursive: true });
  writeFileSync(join(machine.home, '.openclaw/openclaw.json'), '{"gateway":{}}');
  writeFileSync(join(machine.home, '.openclaw/secrets.json'), '{"gateway":"a token of no form at all"}');
});
afterEach(async () => {
  for (const pid of children.splice(0)) spawnSync('kill', ['-KILL', '--', `-${pid}`]);
  await machine.remove();
});

const folder = (id: string) => join(machine.home, '.openclaw-mcp/jobs', id);
const start = (id: string) =>
  askSidecar(
    machine,
    'm',
    'job_start',
    { id, kind: 'backup', request: { key: KEY, manifest: { format: 1 } }, addresses: {} },
    OPTIONS,
  );
const read = (request: RequestOf<'job_read'>) => askSidecar(machine, 'm', 'job_read', request, OPTIONS);
const stop = (id: string) => askSidecar(machine, 'm', 'job_stop', { id }, OPTIONS);

/** Zeros take no room, but to pack them takes longer than any test here lasts. */
function muchState(): void {
  writeFileSync(large(), '');
  truncateSync(large(), 16 * 1024 ** 3);
}
const large = () => join(machine.home, '.openclaw/workspace/large');
const until = async (true_: () => boolean) => {
  while (!true_()) await pause(20);
};

test('a job ends with its answer, and is done once however often it is started', async () => {
  expect(await start('b-1')).toEqual({ started: true });
  const done = await read({ id: 'b-1', seen_stages: 9, wait_ms: 15_000 });
  expect(done).toMatchObject({ state: 'done', stages: [{ name: 'pack' }], log: '' });
  expect(JSON.parse(done.result.packed ?? '')).toMatchObject({ bytes: expect.any(Number), left_out: 0 });
  expect(await start('b-1')).toEqual({ started: false });
  expect(readdirSync(folder('b-1')).sort()).toEqual([
    'exit',
    'journal',
    'log',
    'pid',
    'result',
    'start.lock',
  ]);
  for (const name of readdirSync(folder('b-1'))) {
    expect(statSync(join(folder('b-1'), name)).mode & 0o777).toBe(0o600);
  }
});

test('what went wrong is told by its code; the same id then tries again', async () => {
  rmSync(join(machine.home, '.openclaw/secrets.json'));
  await start('b-1');
  const failed = await read({ id: 'b-1', seen_stages: 9, wait_ms: 15_000 });
  expect(failed).toMatchObject({ state: 'failed', result: { error: 'not_configured' } });
  writeFileSync(join(machine.home, '.openclaw/secrets.json'), '{}');
  expect(await start('b-1')).toEqual({ started: true });
  const done = await read({ id: 'b-1', seen_stages: 9, wait_ms: 15_000 });
  expect(done.state).toBe('done');
  expect(done.stages.map(({ name }) => name)).toEqual(['pack', 'resumed', 'pack']);
});

describe('while a job is at work', () => {
  beforeEach(async () => {
    muchState();
    await start('b-1');
    await until(() => readFileSync(join(folder('b-1'), 'journal'), 'utf8').includes('pack'));
  });

  it('a second start joins it, and no process holds what it was asked', async () => {
    expect(await start('b-1')).toEqual({ started: false });
    expect(await read({ id: 'b-1', wait_ms: 300 })).toMatchObject({ state: 'running', result: {} });
    const pid = Number.parseInt(readFileSync(join(folder('b-1'), 'pid'), 'utf8'), 10);
    for (const name of ['environ', 'cmdline']) {
      expect(readFileSync(`/proc/${pid}/${name}`, 'utf8')).not.toContain(KEY);
    }
    expect(existsSync(join(folder('b-1'), 'request'))).toBe(false);
  });

  it('killed, it is lost, and the same id goes on', async () => {
    await machine.kill('jobs/b-1/pid');
    expect(await read({ id: 'b-1', wait_ms: 0 })).toMatchObject({ state: 'lost' });
    rmSync(large());
    expect(await start('b-1')).toEqual({ started: true });
    expect(await read({ id: 'b-1', seen_stages: 9, wait_ms: 15_000 })).toMatchObject({ state: 'done' });
  });

  it('stopped, it ends at once and is not begun again', async () => {
    expect(await stop('b-1')).toEqual({ stopped: true });
    expect(await read({ id: 'b-1', wait_ms: 0 })).toMatchObject({ state: 'lost' });
    await expect(start('b-1')).rejects.toMatchObject({ code: 'cancelled' });
    expect(await stop('b-1')).toEqual({ stopped: false });
  });
});

test('a job that a script of an earlier version runs is followed, and stopped with its children', async () => {
  mkdirSync(folder('old'), { recursive: true });
  const script = 'sleep 300 & echo $! >"$0/child"; wait';
  const { pid = 0 } = spawn('/bin/bash', ['-c', script, folder('old')], { stdio: 'ignore', detached: true });
  children.push(pid);
  writeFileSync(join(folder('old'), 'pid'), `${await identityOf(pid)}\n`);
  writeFileSync(join(folder('old'), 'journal'), '1000 node\n2000 openclaw\n');
  expect(await read({ id: 'old', seen_stages: 1, wait_ms: 9_000 })).toMatchObject({
    state: 'running',
    stages: [
      { name: 'node', at: 1000 },
      { name: 'openclaw', at: 2000 },
    ],
  });
  await until(() => existsSync(join(folder('old'), 'child')));
  const child = Number(readFileSync(join(folder('old'), 'child'), 'utf8'));
  expect(await stop('old')).toEqual({ stopped: true });
  await until(() => !existsSync(`/proc/${child}`));
  writeFileSync(join(folder('old'), 'exit'), '1\n');
  const packed = gzipSync('what it said').toString('base64');
  writeFileSync(join(folder('old'), 'result'), `error=disk_full\ndetail@=${packed}\nend=1\n`);
  expect(await read({ id: 'old', wait_ms: 0 })).toMatchObject({
    state: 'failed',
    result: { error: 'disk_full', detail: 'what it said' },
  });
});

test('an id that was never started is unknown, one that names another folder is refused', async () => {
  expect(await read({ id: 'never', wait_ms: 0 })).toMatchObject({ state: 'unknown', stages: [] });
  await expect(read({ id: '../x', wait_ms: 0 })).rejects.toMatchObject({ code: 'command_failed' });
});

test('an answer comes back as it was given, whatever is in it', () => {
  const values = { plain: 'a b', foreign: 'x\nend=1\nerror=none', empty: '', long: 'é'.repeat(5_000) };
  expect(readResult(resultText(values))).toEqual(values);
});

test.skipIf(!hasSmallDisks)(
  'a job that ends on a full disk has ended, and says what it has to say',
  async () => {
    const source = new URL('../../../src/sidecar/jobs/files.ts', import.meta.url).pathname;
    const disk = join(machine.home, 'disk');
    mkdirSync(disk);
    const script = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { jobFiles, jobState, reserveEnd, writeEnd } from ${JSON.stringify(source)};
    import { readUpTo } from ${JSON.stringify(source.replace('jobs/files.ts', 'read-text.ts'))};
    const files = jobFiles({ home: ${JSON.stringify(disk)}, port: 1 }, 'full');
    mkdirSync(files.folder, { recursive: true });
    reserveEnd(files);
    let said;
    try { for (let i = 0; ; i++) writeFileSync(files.folder + '/fill' + i, Buffer.alloc(4096)); } catch (e) { said = e.code; }
    const result = 'packed=' + 'x'.repeat(60000) + '\\nend=1\\n';
    writeEnd(files, 0, result);
    console.log(said, await jobState(files), readUpTo(files.result, 100000) === result);`;
    const where = { folder: disk, size: '512k', programDir: machine.home };
    expect(await runOnSmallDisk(script, where)).toBe('ENOSPC done true\n');
  },
);
