/** A chat turn through the real script, curl included: what arrives, what comes back, and that nothing is sent twice. */
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { GatewayService, TurnRequest } from '../../../src/gateway/ports.ts';
import { delta, echo, ending, event, type FakeGateway, fakeGateway, json, stream } from './fake-gateway.ts';

const CHAT = '/v1/chat/completions';
const WAIT = { waitSeconds: 10 };
let gateway: FakeGateway;
let service: GatewayService;
let turn: TurnRequest;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on(CHAT, echo);
  service = gatewayService({ machines: gateway.machine });
  turn = { turnId: 'turn-1', message: 'Hello', session: 'Holiday' };
});

afterEach(() => gateway.close());

describe('a turn that goes well', () => {
  test('brings the whole reply with its usage, session and time', async () => {
    const done = await service.startTurn('m', turn, WAIT);
    expect(done).toMatchObject({
      state: 'done',
      text: 'You said: Hello',
      session: 'agent:main:openai-user:holiday',
      usage: { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 },
      finishReason: 'stop',
    });
    expect(done.elapsedSeconds).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(gateway.seen[0]?.body ?? '')).toMatchObject({
      model: 'openclaw/main',
      user: 'Holiday',
    });
  });

  test('carries any message byte for byte, and none of it in the command', async () => {
    const nasty = `"quotes" 'single' \\back\\slash\n\t$(touch /tmp/x) \`id\` \${HOME} %s 🦞 e\u0301 \u0000`;
    const message = nasty + 'ü-20 "$(id)"\n'.repeat(17_000);
    const done = await service.startTurn('m', { ...turn, message, session: 'Ünï "🦞" $(id)' }, WAIT);
    expect(done.text).toBe(`You said: ${message}`);
    expect(done.session).toBe('agent:main:openai-user:ünï "🦞" $(id)');
    for (const { command } of gateway.machine.commands) expect(command.join(' ')).not.toContain('ü-20');
    // One line asks the program that runs, the other starts it.
    const lines = new Set(gateway.machine.commands.map(({ command }) => command.join(' ')));
    expect(lines.size).toBeLessThanOrEqual(2);
  });

  test('a full key of another channel addresses that session, and a model goes along', async () => {
    const session = 'agent:ops:telegram:group:-100';
    const done = await service.startTurn('m', { ...turn, session, model: 'openai/gpt-5.5' }, WAIT);
    expect(done.session).toBe(session);
    const { headers, body } = gateway.seen[0] ?? { headers: {}, body: '' };
    expect(headers).toMatchObject({
      'x-openclaw-session-key': session,
      'x-openclaw-model': 'openai/gpt-5.5',
    });
    expect(JSON.parse(body)).toMatchObject({ model: 'openclaw/ops' });
  });

  test('grows before the eyes of a watcher, and can be read later by somebody else from its id alone', async () => {
    let finish = () => {};
    gateway.on(CHAT, (response) => {
      stream(response, delta('First, '));
      finish = () => response.end(delta('then 🦞.') + ending());
    });
    const texts: string[] = [];
    const started = await service.startTurn('m', turn, { waitSeconds: 0, onText: (t) => texts.push(t) });
    expect(started.state).toBe('running');
    const watched = () => service.readTurn('m', 'turn-1', { waitSeconds: 0, onText: (t) => texts.push(t) });
    await expect.poll(watched).toMatchObject({ state: 'running', text: 'First, ' });
    finish();
    const later = gatewayService({ machines: gateway.machine });
    const done = await later.readTurn('m', 'turn-1', WAIT);
    expect(done).toMatchObject({ state: 'done', text: 'First, then 🦞.' });
    expect(texts.at(-1)).toBe('First, ');
    expect(gateway.seen).toHaveLength(1);
  });
});

describe('a message is sent at most once', () => {
  test('two starts of one turn at the same moment, and a third after the end, send it once', async () => {
    const both = await Promise.all([service.startTurn('m', turn, WAIT), service.startTurn('m', turn, WAIT)]);
    const third = await service.startTurn('m', turn, WAIT);
    expect([...both, third].map((t) => [t.state, t.text])).toEqual(
      Array(3).fill(['done', 'You said: Hello']),
    );
    expect(gateway.seen).toHaveLength(1);
  });

  test('a turn whose sender was killed is lost, says so, and is not sent again', async () => {
    gateway.on(CHAT, (response) => stream(response, delta('Half')));
    await service.startTurn('m', turn, { waitSeconds: 0 });
    await expect.poll(() => gateway.seen.length).toBe(1);
    await killSender();
    const lost = await service.startTurn('m', turn, WAIT);
    expect(lost.state).toBe('lost');
    expect(lost.error?.next).toContain('read_session');
    expect(gateway.seen).toHaveLength(1);
  });

  test('a cancelled turn closes the connection and stays cancelled', async () => {
    let closed = false;
    gateway.on(CHAT, (response) => {
      stream(response, delta('Half'));
      response.on('close', () => {
        closed = true;
      });
    });
    await service.startTurn('m', turn, { waitSeconds: 0 });
    await expect.poll(() => gateway.seen.length).toBe(1);
    const cancelled = await service.cancelTurn('m', 'turn-1');
    expect(cancelled).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    await expect.poll(() => closed).toBe(true);
    expect(await service.startTurn('m', turn, WAIT)).toMatchObject({ error: { code: 'cancelled' } });
    expect(gateway.seen).toHaveLength(1);
  });

  test('two messages to one session at once are sent one after the other, and both are answered', async () => {
    let open = 0;
    const together: number[] = [];
    gateway.on(CHAT, (response, request) => {
      together.push(++open);
      response.on('close', () => open--);
      echo(response, request);
    });
    const other = { ...turn, turnId: 'turn-2', message: 'Bye', session: 'agent:main:openai-user:HOLIDAY' };
    const both = await Promise.all([service.startTurn('m', turn, WAIT), service.startTurn('m', other, WAIT)]);
    expect(both.map((t) => t.text)).toEqual(['You said: Hello', 'You said: Bye']);
    expect(together).toEqual([1, 1]);
  });

  test('a turn that waited for its session when the machine stopped is known as not sent', async () => {
    gateway.on(CHAT, (response) => stream(response, delta('Half')));
    await service.startTurn('m', { ...turn, turnId: 'turn-0' }, { waitSeconds: 0 });
    await expect.poll(() => gateway.seen.length).toBe(1);
    await service.startTurn('m', turn, { waitSeconds: 0 });
    await killSender();
    const lost = await service.readTurn('m', 'turn-1', WAIT);
    expect(lost).toMatchObject({ state: 'lost', error: { code: 'unavailable', details: { sent: false } } });
    expect(gateway.seen).toHaveLength(1);
    await service.cancelTurn('m', 'turn-0');
  });

  test('a clock that was set makes no turn forgotten that still runs, and old ones that ended are', async () => {
    const ends: (() => void)[] = [];
    gateway.on(CHAT, (response) => {
      stream(response, delta('Said in '));
      ends.push(() => response.end(delta('the end') + ending()));
    });
    const other = { ...turn, turnId: 'turn-2', session: 'another' };
    for (const one of [turn, other]) {
      await service.startTurn('m', one, { waitSeconds: 0 });
      await expect.poll(() => ends.length).toBe(one === turn ? 1 : 2);
    }
    for (let old = 0; old < 60; old++) await endedTurn(`old-${old}`);
    const weeksAgo = new Date(Date.now() - 20 * 86_400_000);
    for (const id of ['turn-1', 'turn-2']) await utimes(join(jobs(), id, 'turn'), weeksAgo, weeksAgo);
    ends[0]?.();
    expect(await service.readTurn('m', 'turn-1', WAIT)).toMatchObject({
      state: 'done',
      text: 'Said in the end',
    });
    await expect.poll(async () => (await readdir(jobs())).length).toBeLessThanOrEqual(52);
    expect(await readdir(jobs())).toEqual(expect.arrayContaining(['turn-1', 'turn-2']));
    ends[1]?.();
    expect(await service.readTurn('m', 'turn-2', WAIT)).toMatchObject({
      state: 'done',
      text: 'Said in the end',
    });
    expect(gateway.seen).toHaveLength(2);
  });

  test('a turn that nobody started is unknown', async () => {
    expect((await service.readTurn('m', 'turn-9', WAIT)).state).toBe('unknown');
  });
});

describe('a turn that fails says why', () => {
  test('the gateway does not run: nothing was sent', async () => {
    const { machine } = gateway;
    const elsewhere: Pick<typeof machine, 'run'> = {
      run: (id, command, options) =>
        machine.run(id, { ...command, env: { ...command.env, OPENCLAW_GATEWAY_PORT: '1' } }, options),
    };
    const failed = await gatewayService({ machines: elsewhere }).startTurn('m', turn, WAIT);
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'unavailable', details: { sent: false } },
    });
  });

  test('a refusal instead of a stream', async () => {
    const error = { message: "Unknown agent 'nope'.", type: 'invalid_request_error' };
    gateway.on(CHAT, (response) => json(response, 400, { error }));
    const failed = await service.startTurn('m', { ...turn, agent: 'nope' }, WAIT);
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'invalid_input', foreign: error.message },
    });
  });

  test('an error inside the stream keeps what was said before it', async () => {
    gateway.on(CHAT, (response) => {
      const error = { message: 'upstream provider overloaded', type: 'api_error' };
      stream(response, delta('I was about'), event({ error }), event('[DONE]'));
      response.end();
    });
    const failed = await service.startTurn('m', turn, WAIT);
    expect(failed).toMatchObject({ state: 'failed', text: 'I was about', error: { code: 'provider' } });
    expect(failed.error?.message).not.toContain('upstream');
  });

  test('a bare [DONE], as 2026.3.24 ends a failed turn, is explained from the transcript', async () => {
    gateway.on(CHAT, (response) => {
      stream(response, event('[DONE]'));
      response.end();
    });
    const errorMessage =
      '401 {"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}';
    const items = [
      { role: 'user', content: 'Hello', timestamp: Date.now() },
      { role: 'assistant', content: [], stopReason: 'error', errorMessage, timestamp: Date.now() + 5_000 },
    ];
    gateway.on('/sessions/', (response, { path }) => json(response, 200, { sessionKey: path, items }));
    const failed = await service.startTurn('m', turn, WAIT);
    expect(failed.error).toMatchObject({ code: 'provider', message: 'The model provider refused its key' });
    expect(gateway.seen[1]?.path).toContain('agent%3Amain%3Aopenai-user%3Aholiday');
  });

  test('an assistant that chose to say nothing has not failed', async () => {
    gateway.on(CHAT, (response) => response.end(ending()));
    gateway.on('/sessions/', (response) => json(response, 200, { sessionKey: 'k', items: [] }));
    expect(await service.startTurn('m', turn, WAIT)).toMatchObject({ state: 'done', text: '' });
  });
});

const jobs = () => join(gateway.machine.home, '.openclaw-mcp/jobs');

async function endedTurn(id: string): Promise<void> {
  await mkdir(join(jobs(), id));
  await writeFile(join(jobs(), id, 'turn'), '');
  await writeFile(join(jobs(), id, 'exit'), `${Date.now()} 0 200\n`);
}

async function killSender(): Promise<void> {
  const file = join(jobs(), 'turn-1/sending');
  const pid = Number((await readFile(file, 'utf8')).split(' ')[1]);
  process.kill(-pid, 'SIGKILL');
}
