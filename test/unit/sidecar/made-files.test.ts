/** Which files a turn made, as the machine's own program notes them at its end, however late that is looked at. */
import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { filesIn, jobsDir } from '../../../src/sidecar/turns/files.ts';
import { keepMadeFiles, madeByNow, madeFiles } from '../../../src/sidecar/turns/made.ts';
import { type FakeGateway, fakeGateway, json } from '../gateway/fake-gateway.ts';

let gateway: FakeGateway;
let sessions: object[];
/** As on a computer where nothing else runs: no time passes, and nothing is waited for in vain. */
let elapsed: MockInstance<() => number>;
let sleep: MockInstance<typeof systemClock.sleep>;
const place = () => ({ home: gateway.machine.home, port: gateway.port });
const inState = (name: string) => join(gateway.machine.home, '.openclaw', name);
const inWorkspace = (name: string) => inState(`workspace/${name}`);
const turnOf = (name: string) => filesIn(join(jobsDir(place()), name));

beforeEach(async () => {
  gateway = await fakeGateway();
  sessions = [];
  elapsed = vi.spyOn(systemClock, 'elapsed').mockReturnValue(0);
  sleep = vi.spyOn(systemClock, 'sleep').mockReturnValue(new Promise(() => {}));
  gateway.on('/tools/invoke', (response) => json(response, 200, { result: { details: { sessions } } }));
  mkdirSync(inWorkspace('.git'), { recursive: true });
  mkdirSync(inWorkspace('node_modules/x'), { recursive: true });
  mkdirSync(inState('media/outbound'), { recursive: true });
  for (const name of ['old.txt', 'changed.txt']) writeFileSync(inWorkspace(name), 'before');
  writeFileSync(join(gateway.machine.home, 'moved.txt'), 'older than the turn');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await gateway.close();
});

/** Until the file system's clock says another moment: what has the same one counts as older. */
async function tick() {
  const file = join(gateway.machine.home, 'tick');
  writeFileSync(file, '');
  const before = statSync(file).ctimeMs;
  while (statSync(file).ctimeMs === before) {
    await setTimeout(1);
    writeFileSync(file, '');
  }
}

async function begin(name: string) {
  const files = turnOf(name);
  mkdirSync(files.dir, { recursive: true });
  await tick();
  writeFileSync(files.sending, `${systemClock.now()} 0 - -\n`);
  writeFileSync(files.context, JSON.stringify({ session: `agent:main:${name}` }));
  await tick();
  return files;
}

async function end(files: ReturnType<typeof turnOf>) {
  writeFileSync(files.ending, '0 200\n');
  await keepMadeFiles(place(), files);
  return madeFiles(files);
}

it('tells what appeared, changed or was moved there, and leaves out what programs keep', async () => {
  const files = await begin('t1');
  writeFileSync(inWorkspace('changed.txt'), 'after it');
  renameSync(join(gateway.machine.home, 'moved.txt'), inWorkspace('moved.txt'));
  writeFileSync(inWorkspace('.git/index'), '');
  writeFileSync(inWorkspace('node_modules/x/y'), '');
  writeFileSync(inState('media/outbound/pic.png'), 'png');
  const made = await end(files);
  expect(made).toMatchObject({ more: false, others: 'none' });
  expect(made?.files).toHaveLength(3);
  expect(made?.files).toEqual(
    expect.arrayContaining([
      { path: 'changed.txt', bytes: 8 },
      { path: 'moved.txt', bytes: 19 },
      { path: inState('media/outbound/pic.png'), bytes: 3 },
    ]),
  );
});

it('names no file whose name is none, but says that there is more', async () => {
  const files = await begin('t1');
  writeFileSync(inWorkspace('plain.txt'), '');
  for (const name of ['two\nlines', 'left\u202eright']) writeFileSync(inWorkspace(name), '');
  expect(await end(files)).toEqual({ files: [{ path: 'plain.txt', bytes: 0 }], more: true, others: 'none' });
});

it('tells fifty at most, and says where another turn of ours ran meanwhile', async () => {
  await begin('t2');
  const files = await begin('t1');
  for (let i = 0; i < 60; i++) writeFileSync(inWorkspace(`${i}.txt`), '');
  const made = await end(files);
  expect(made).toMatchObject({ more: true, others: 'some' });
  expect(made?.files).toHaveLength(50);
});

it('says where a session of a channel or an automation was at work meanwhile, and where nobody can say', async () => {
  const files = await begin('t1');
  writeFileSync(inWorkspace('new.txt'), '');
  const updatedAt = systemClock.now() + 1;
  sessions = [
    { key: 'agent:main:t1', updatedAt },
    { key: 'agent:main:subagent:a', updatedAt },
  ];
  expect(await end(files)).toMatchObject({ others: 'none' });
  sessions = [...sessions, { key: 'agent:main:cron:b', updatedAt }];
  expect(await end(files)).toMatchObject({ others: 'some' });
  gateway.on('/tools/invoke', (response) => json(response, 404, {}));
  expect(await end(files)).toMatchObject({ others: 'unknown' });
});

it('ends its look after fifty milliseconds, and its question where the gateway does not answer', async () => {
  const files = await begin('t1');
  for (let i = 0; i < 49; i++) writeFileSync(inWorkspace(`${i}.txt`), '');
  let now = 0;
  elapsed.mockImplementation(() => now++ * 60);
  gateway.on('/tools/invoke', () => {});
  sleep.mockResolvedValue();
  const made = await end(files);
  expect(made).toMatchObject({ more: true, others: 'unknown' });
  expect(made?.files.length).toBeLessThan(32);
});

it('looks into a folder of very many files last, so that it hides no other', async () => {
  for (const name of ['cache', 'results']) mkdirSync(inWorkspace(name));
  for (let i = 0; i < 4_000; i++) writeFileSync(inWorkspace(`cache/${'x'.repeat(40)}${i}`), '');
  const files = await begin('t1');
  writeFileSync(inWorkspace('results/made.txt'), '');
  let now = 0;
  elapsed.mockImplementation(() => now++);
  expect(await end(files)).toMatchObject({ files: [{ path: 'results/made.txt', bytes: 0 }], more: true });
});

it('looked at late, it tells nothing that was only changed since, but what was made then', async () => {
  const files = await begin('t1');
  writeFileSync(inWorkspace('made.txt'), '');
  const later = new Date(systemClock.now() + 60_000);
  writeFileSync(inWorkspace('old.txt'), 'of a later turn');
  writeFileSync(files.ending, '0 200\n');
  // As if the turn had ended before the second file was changed.
  const ended = new Date(statSync(inWorkspace('made.txt')).ctimeMs - 2_000);
  utimesSync(files.ending, ended, ended);
  await keepMadeFiles(place(), files);
  expect(madeFiles(files)?.files).toEqual([]);
  utimesSync(files.ending, later, later);
  await keepMadeFiles(place(), files);
  expect(madeFiles(files)?.files).toHaveLength(2);
  expect((await madeByNow(place(), files))?.files).toHaveLength(2);
});

it('never fails the turn: what cannot be noted or read is told as nothing', async () => {
  const files = await begin('t1');
  writeFileSync(files.ending, '0 200\n');
  rmSync(inState('workspace'), { recursive: true });
  writeFileSync(inState('openclaw.json'), '{"agents": nonsense');
  expect(await end(files)).toEqual({ files: [], more: false, others: 'none' });
  writeFileSync(join(files.dir, 'made.json'), '{"files": "many"}');
  expect(madeFiles(files)).toBeUndefined();
  rmSync(files.dir, { recursive: true });
  await keepMadeFiles(place(), files);
  expect(await madeByNow(place(), files)).toBeUndefined();
});

it('tells nothing of a turn that made nothing', async () => {
  expect(await end(await begin('t1'))).toEqual({ files: [], more: false, others: 'none' });
});
