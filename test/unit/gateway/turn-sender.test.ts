/** The process that sends a message: what it is, what it shows, who else may have begun it, and what a full disk does to it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { GatewayService } from '../../../src/gateway/ports.ts';
import { snapshotOf } from '../../../src/gateway/turn-outcome.ts';
import { turnStream } from '../../../src/gateway/turn-stream.ts';
import { SIDECAR, SIDECAR_TEXT } from '../../../src/openclaw/sidecar/sidecar-bundle.ts';
import { identityOf } from '../../../src/sidecar/process/identity.ts';
import { ANSWER } from '../../../src/sidecar/protocol.ts';
import { PROTOCOL } from '../../../src/sidecar/schemas.ts';
import { unavailable, why } from '../local-namespace/fixture.ts';
import { delta, echo, ending, type FakeGateway, fakeGateway, stream, TOKEN } from './fake-gateway.ts';

const CHAT = '/v1/chat/completions';
const LOOK = { waitSeconds: 0 };
const WAIT = { waitSeconds: 10 };
const TURN = { turnId: 'turn-1', message: 'A message to nobody else', session: 's' };
let gateway: FakeGateway;
let service: GatewayService;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on(CHAT, echo);
  service = gatewayService({ machines: gateway.machine });
});
afterEach(() => gateway.close());

const jobDir = (id: string) => join(gateway.machine.home, '.openclaw-mcp/jobs', id);

async function senderPid(id: string): Promise<number> {
  return Number((await readFile(join(jobDir(id), 'sending'), 'utf8')).split(' ')[1]);
}

/** Every process whose group this is. */
function group(leader: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statOf(name)[2] === String(leader))
    .map(Number);
}

/** The fields behind the name: state, parent, group, … */
function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
}

describe('while a turn runs', () => {
  test('one process of it stays, which shows neither message nor token nor anything that it was told', async () => {
    gateway.on(CHAT, (response) => stream(response, delta('Half')));
    await service.startTurn('m', TURN, LOOK);
    await expect.poll(() => gateway.seen.length).toBe(1);
    const pid = await senderPid('turn-1');
    expect(group(pid)).toEqual([pid]);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(command).toMatch(/^curl\0-q\0/);
    for (const secret of [TOKEN, TURN.message]) expect(command + environment).not.toContain(secret);
    expect(environment.split('\0').filter((one) => !/^(?:PATH|PWD|OLDPWD|SHLVL|_)=/.test(one))).toEqual(['']);
    await service.cancelTurn('m', 'turn-1');
  });

  test('another one that waits for its session is one process too, and has not sent', async () => {
    gateway.on(CHAT, (response) => stream(response, delta('Half')));
    await service.startTurn('m', { ...TURN, turnId: 'turn-0' }, LOOK);
    await expect.poll(() => gateway.seen.length).toBe(1);
    await service.startTurn('m', TURN, LOOK);
    const pid = await senderPid('turn-1');
    expect(group(pid)).toEqual([pid]);
    expect(readdirSync(jobDir('turn-1'))).not.toContain('sent');
    for (const id of ['turn-1', 'turn-0']) await service.cancelTurn('m', id);
    expect(gateway.seen).toHaveLength(1);
  });
});

describe('a turn that the scripts of an earlier server began', () => {
  /** As they left it: their shell leads a group, with curl in it. */
  async function begun(): Promise<number> {
    const sender = spawn('/bin/bash', ['-c', 'sleep 300 & wait'], { detached: true, stdio: 'ignore' });
    await once(sender, 'spawn');
    const pid = sender.pid ?? 0;
    await mkdir(jobDir('turn-1'), { recursive: true });
    const files = { turn: '', sent: '', context: '{"session":"agent:main:openai-user:s"}\n' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(jobDir('turn-1'), name), text);
    await writeFile(join(jobDir('turn-1'), 'response'), delta('Half'));
    await writeFile(join(jobDir('turn-1'), 'sending'), `${Date.now()} ${await identityOf(pid)}\n`);
    return pid;
  }

  test('is followed to its end', async () => {
    const pid = await begun();
    const session = 'agent:main:openai-user:s';
    expect(await service.readTurn('m', 'turn-1', LOOK)).toMatchObject({
      state: 'running',
      text: 'Half',
      session,
    });
    await writeFile(join(jobDir('turn-1'), 'response'), delta('Half') + delta(' and whole') + ending());
    await writeFile(join(jobDir('turn-1'), 'exit'), `${Date.now()} 0 200\n`);
    process.kill(-pid, 'SIGKILL');
    expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ state: 'done', text: 'Half and whole' });
    expect(gateway.seen).toHaveLength(0);
  });

  test('is cancelled, with all that its shell began', async () => {
    const pid = await begun();
    await expect.poll(() => group(pid)).toHaveLength(2);
    expect(await service.cancelTurn('m', 'turn-1')).toMatchObject({ error: { code: 'cancelled' } });
    await expect.poll(() => group(pid).filter((one) => statOf(String(one))[0] !== 'Z')).toEqual([]);
    expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ error: { code: 'cancelled' } });
  });
});

describe.skipIf(unavailable)(`on a disk that is full${why}`, () => {
  /** A turn, begun by the machine's own program in a home that is smaller than its answer. */
  async function onSmallDisk(before: string): Promise<z.infer<typeof ANSWER>> {
    const { home } = gateway.machine;
    const turn = { turn: 'turn-1', offset: 0, wait_ms: 20_000, key: 'k', body: '{}', headers: '' };
    await writeFile(join(home, 'program.mjs'), SIDECAR_TEXT);
    await writeFile(join(home, 'hello'), asked('hello', {}));
    await writeFile(join(home, 'request'), asked('turn_start', turn));
    const script = [
      'set -e; here=$PWD; cd "$TMP"; mkdir small; mount -t tmpfs -o size=768k tmpfs small',
      'mine=$PWD/small/.openclaw-mcp; mkdir -p -m 700 "$mine" "$mine/sidecar"',
      `echo "Authorization: Bearer ${TOKEN}" >"$mine/auth"`,
      `cp "$here/program.mjs" "$mine/sidecar/${SIDECAR.hash}.mjs"`,
      `cd "$mine/sidecar"; "$NODE" ${SIDECAR.hash}.mjs start "$TMP/small" "$PORT" no "$NODE" <"$here/hello" >/dev/null`,
      before,
      '"$NODE" main.mjs ask <"$here/request"; kill "$(cut -d " " -f 1 pid)"',
    ].join('\n');
    const port = String(gateway.port);
    const env = { PATH: process.env.PATH, NODE: process.execPath, TMP: join(home, 'tmp'), PORT: port };
    await mkdir(join(home, 'tmp'));
    const ran = await promisify(execFile)('unshare', ['-rm', '/bin/sh', '-c', script], { cwd: home, env });
    return ANSWER.parse(JSON.parse(ran.stdout.split('\n')[0] ?? ''));
  }

  const asked = (command: string, request: object) =>
    gzipSync(JSON.stringify({ from: SIDECAR, command, request })).toString('base64');

  test('nothing is sent', async () => {
    const said = await onSmallDisk('dd if=/dev/zero of=rest bs=1k >/dev/null 2>&1 || true');
    expect(said).toMatchObject({ is: 'error', code: 'turn_without_room' });
    expect(gateway.seen).toHaveLength(0);
  });

  test('an answer that finds no room says so, and is not called lost for another reason', async () => {
    gateway.on(CHAT, (response) => {
      stream(response, ...Array.from({ length: 40 }, () => delta('x'.repeat(50_000))), ending());
      response.end();
    });
    const answer = await onSmallDisk('');
    const packed = answer.is === 'reply' ? answer.packed : '';
    const text = gunzipSync(Buffer.from(packed, 'base64')).toString();
    const said = PROTOCOL.turn_start.reply.parse(JSON.parse(text));
    expect(said).toMatchObject({ state: 'failed', curl_exit: 23, http: 200, disk_full: true });
    const { state, error } = snapshotOf('turn-1', said, turnStream());
    expect([state, error?.message]).toEqual(['lost', expect.stringContaining('disk is full')]);
    expect(gateway.seen.filter(({ path }) => path === CHAT)).toHaveLength(1);
  });
});
