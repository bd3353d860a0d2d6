/** Turns in cases that the service cannot bring about: pieces, half-started turns, cleaning up. */
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import { pieceFrom, turnFiles } from '../../../src/sidecar/turns/files.ts';
import { kill, programPids } from '../../support/program-pids.ts';
import { delta, echo, ending, type FakeGateway, fakeGateway, stream } from './fake-gateway.ts';

const WAIT = { waitSeconds: 10 };
const TURN = { turnId: 'turn-1', message: 'Hello', session: 's' };
let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on('/v1/chat/completions', echo);
});

afterEach(() => gateway.close());

test('pieces of any size fit together again, also where one ends inside a character', async () => {
  const reply = delta('aé€🦞'.repeat(8)) + ending();
  gateway.on('/v1/chat/completions', (response) => {
    stream(response, reply);
    response.end();
  });
  const service = gatewayService({ machines: gateway.machine });
  await service.startTurn('m', TURN, WAIT);
  const files = turnFiles({ home: gateway.machine.home, port: 0 }, 'turn-1');
  for (let most = 4; most < 60; most++) {
    let text = '';
    let from = 0;
    for (let more = true; more; ) {
      const piece = pieceFrom(files, from, false, most);
      expect(piece.next).toBeGreaterThan(from);
      text += piece.answer;
      ({ next: from, more } = piece);
    }
    expect(text).toBe(reply);
  }
});

test('a start that died before it could send is known as not sent, and the next start sends', async () => {
  const folder = await jobFolder('turn-1');
  await writeFile(join(folder, 'turn'), '');
  const service = gatewayService({ machines: gateway.machine });
  expect((await service.readTurn('m', 'turn-1', WAIT)).state).toBe('unknown');
  expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ state: 'done', text: 'You said: Hello' });
  expect(gateway.seen).toHaveLength(1);
});

test('a turn that was cancelled before it was sent is never sent', async () => {
  const folder = await jobFolder('turn-1');
  await writeFile(join(folder, 'turn'), '');
  const service = gatewayService({ machines: gateway.machine });
  expect(await service.cancelTurn('m', 'turn-1')).toMatchObject({ error: { code: 'cancelled' } });
  expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ error: { code: 'cancelled' } });
  expect(gateway.seen).toHaveLength(0);
});

test('a turn that ended while the program was away is finished at its next start, asked about or not', async () => {
  let finish = () => {};
  gateway.on('/v1/chat/completions', (response) => {
    stream(response, delta('Said '));
    finish = () => response.end(delta('meanwhile') + ending());
  });
  const { home } = gateway.machine;
  const service = gatewayService({ machines: gateway.machine });
  await service.startTurn('m', TURN, { waitSeconds: 0 });
  await expect.poll(() => gateway.seen.length).toBe(1);
  for (const pid of programPids(home)) kill(pid);
  await mkdir(join(home, '.openclaw/workspace'), { recursive: true });
  await writeFile(join(home, '.openclaw/workspace/report.pdf'), 'pdf');
  finish();
  await expect.poll(() => readFile(join(home, '.openclaw-mcp/jobs/turn-1/ending'), 'utf8')).toMatch(/^0 200/);
  expect(await readdir(await jobFolder('turn-1'))).toContain('request.json');
  expect((await service.readTurn('m', 'another', { waitSeconds: 0 })).state).toBe('unknown');
  await expect.poll(async () => readdir(await jobFolder('turn-1'))).toContain('exit');
  await expect.poll(async () => readdir(await jobFolder('turn-1'))).not.toContain('request.json');
  expect(await service.readTurn('m', 'turn-1', WAIT)).toMatchObject({
    state: 'done',
    text: 'Said meanwhile',
    made: { files: [{ path: 'report.pdf', bytes: 3 }], more: false },
  });
  expect(gateway.seen.filter(({ path }) => path === '/v1/chat/completions')).toHaveLength(1);
});

test('the message does not stay on the disk, and old turns go while other jobs stay', async () => {
  for (let n = 0; n < 55; n++) {
    const folder = await jobFolder(`old-${n}`);
    await writeFile(join(folder, 'turn'), '');
    await writeFile(join(folder, 'exit'), '1 0 200\n');
    const age = new Date(Date.now() - (n === 0 ? 8 * 86_400_000 : 3_600_000 + n));
    await utimes(join(folder, 'turn'), age, age);
  }
  await writeFile(join(await jobFolder('deploy-1'), 'exit'), '0\n');
  await gatewayService({ machines: gateway.machine }).startTurn('m', TURN, WAIT);
  const jobs = () => readdir(join(gateway.machine.home, '.openclaw-mcp/jobs'));
  await expect.poll(async () => (await jobs()).length).toBe(51);
  expect(await jobs()).toEqual(expect.arrayContaining(['deploy-1', 'turn-1']));
  expect(await jobs()).not.toContain('old-0');
  expect(await readdir(await jobFolder('turn-1'))).not.toContain('request.json');
});

async function jobFolder(id: string): Promise<string> {
  const folder = join(gateway.machine.home, '.openclaw-mcp/jobs', id);
  await mkdir(folder, { recursive: true });
  return folder;
}
