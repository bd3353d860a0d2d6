/** Sessions and transcripts, through the machine's own program. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { GatewayService } from '../../../src/gateway/ports.ts';
import { hostMachine } from '../../support/host-machine.ts';
import { type FakeGateway, fakeGateway, json, TOKEN } from './fake-gateway.ts';

let gateway: FakeGateway;
let service: GatewayService;

beforeEach(async () => {
  gateway = await fakeGateway();
  service = gatewayService({ machines: gateway.machine });
});

afterEach(() => gateway.close());

describe('sessions', () => {
  const rows = [
    {
      key: 'agent:main:openai-user:b',
      agentId: 'main',
      updatedAt: 1795185606869,
      totalTokens: 10,
      model: 'm',
      derivedTitle: 'Hello',
      status: 'done',
    },
    { key: 'agent:ops:main', updatedAt: 1795185606144 },
  ];

  test('come from the gateway with key, agent, time, tokens and title; the cursor leads on', async () => {
    gateway.on('/tools/invoke', (response) =>
      json(response, 200, { ok: true, result: { details: { sessions: rows, hasMore: true } } }),
    );
    const first = await service.listSessions('m', { limit: 2 });
    expect(first.nextCursor).toBe('2');
    expect(first.sessions[0]).toEqual({
      key: 'agent:main:openai-user:b',
      agent: 'main',
      updatedAt: '2026-11-20T14:40:06.869Z',
      totalTokens: 10,
      title: 'Hello',
      model: 'm',
      status: 'done',
    });
    expect(first.sessions[1]).toMatchObject({ agent: 'ops', totalTokens: undefined });
    await service.listSessions('m', { limit: 2, cursor: '2' });
    expect(JSON.parse(gateway.seen[1]?.body ?? '').args).toMatchObject({ limit: 2, offset: 2 });
  });

  test('come from the files of an older version, where the gateway shows only a part', async () => {
    const details = { sessions: [], visibility: { restricted: true } };
    gateway.on('/tools/invoke', (response) => json(response, 200, { ok: true, result: { details } }));
    await storeSessions(3);
    const first = await service.listSessions('m', { limit: 2 });
    expect(first.sessions.map((s) => s.key)).toEqual([
      'agent:main:openai-user:s2',
      'agent:main:openai-user:s1',
    ]);
    expect(first.sessions[0]).toMatchObject({ title: 'Question 2', totalTokens: 102, agent: 'main' });
    const rest = await service.listSessions('m', { limit: 2, cursor: first.nextCursor });
    expect(rest).toMatchObject({ sessions: [{ key: 'agent:main:openai-user:s0' }], nextCursor: undefined });
  });

  test('of a version known to keep files are read without asking the gateway', async () => {
    const app = join(gateway.machine.home, '.openclaw-mcp/current/node_modules/openclaw');
    await mkdir(app, { recursive: true });
    await writeFile(
      join(app, 'package.json'),
      '{\n  "name": "openclaw",\n  "version": "2026.3.24",\n  "x": 1\n}',
    );
    await storeSessions(1);
    expect((await service.listSessions('m', { limit: 5 })).sessions).toHaveLength(1);
    expect(gateway.seen).toHaveLength(0);
  });

  test('a made-up cursor is refused', async () => {
    await expect(service.listSessions('m', { limit: 5, cursor: '; ls' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

describe('a transcript', () => {
  test('holds roles, words and times, also of failed replies and of tool calls', async () => {
    const items = [
      { role: 'user', content: 'Hi $(id)', timestamp: 1795185606869 },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'Ho' },
          { type: 'text', text: '🦞' },
        ],
      },
      { role: 'assistant', content: [{ type: 'toolCall', name: 'exec' }] },
      { role: 'assistant', content: [], stopReason: 'error', errorMessage: '429 slow down' },
    ];
    gateway.on('/sessions/', (response) =>
      json(response, 200, {
        sessionKey: 'agent:main:openai-user:ä/ö',
        items,
        hasMore: true,
        nextCursor: '2',
      }),
    );
    const page = await service.readSession('m', { session: 'Ä/Ö', limit: 4, cursor: '9' });
    expect(page.nextCursor).toBe('2');
    expect(page.messages).toEqual([
      { role: 'user', text: 'Hi $(id)', at: '2026-11-20T14:40:06.869Z' },
      { role: 'assistant', text: 'Ho\n🦞', at: undefined },
      { role: 'assistant', text: '[tool call]', at: undefined },
      { role: 'assistant', text: '[failed] 429 slow down', at: undefined },
    ]);
    expect(gateway.seen[0]?.path).toBe(
      `/sessions/${encodeURIComponent('agent:main:openai-user:ä/ö')}/history?limit=4&cursor=9`,
    );
  });

  test('of a session that does not exist', async () => {
    const error = { type: 'not_found', message: 'Session not found: x' };
    gateway.on('/sessions/', (response) => json(response, 404, { ok: false, error }));
    await expect(service.readSession('m', { session: 'x', limit: 5 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a transcript that cannot be had', () => {
  test('is read in smaller pages where it is too large at once, the newest messages first', async () => {
    gateway.on('/sessions/', (response, { path }) => {
      const limit = Number(new URL(path, 'http://gateway').searchParams.get('limit'));
      const said = { role: 'assistant', content: 'é'.repeat(60_000) };
      const items = Array.from({ length: limit }, () => said);
      json(response, 200, { sessionKey: 'k', items, hasMore: true, nextCursor: `after-${limit}` });
    });
    const page = await service.readSession('m', { session: 's', limit: 20 });
    expect([page.messages.length, page.nextCursor]).toEqual([2, 'after-2']);
    const huge = { role: 'assistant', content: 'é'.repeat(2_000_000) };
    gateway.on('/sessions/', (response) => json(response, 200, { sessionKey: 'k', items: [huge] }));
    await expect(service.readSession('m', { session: 's', limit: 20 })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('says whether the gateway refused, does not run, or said something else', async () => {
    const read = { session: 's', limit: 1 };
    gateway.on('/sessions/', (response) => json(response, 500, { error: { message: 'internal error' } }));
    await expect(service.readSession('m', read)).rejects.toMatchObject({ foreign: 'internal error' });
    await gateway.machine.configureGateway('wrong');
    await expect(service.readSession('m', read)).rejects.toMatchObject({ code: 'conflict' });
    const deaf = await hostMachine(1);
    onTestFinished(() => deaf.dispose());
    await deaf.configureGateway(TOKEN);
    await expect(gatewayService({ machines: deaf }).readSession('m', read)).rejects.toMatchObject({
      code: 'unavailable',
      details: { sent: false },
    });
  });
});

async function storeSessions(count: number): Promise<void> {
  const folder = join(gateway.machine.home, '.openclaw/agents/main/sessions');
  await mkdir(folder, { recursive: true });
  const store: Record<string, unknown> = {};
  for (let n = 0; n < count; n++) {
    store[`agent:main:openai-user:s${n}`] = {
      sessionId: `id-${n}`,
      updatedAt: 1795185606000 + n,
      totalTokens: 100 + n,
    };
    const said = {
      type: 'message',
      message: { role: 'user', content: [{ type: 'text', text: `Question ${n}` }] },
    };
    await writeFile(join(folder, `id-${n}.jsonl`), `{"type":"session"}\n${JSON.stringify(said)}\n`);
  }
  await writeFile(join(folder, 'sessions.json'), JSON.stringify(store));
}
