/** The real OpenClaw under the same blows, fewer of them: servers killed in a deploy and in a turn, a sleep in a turn. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RealLab, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
let machine: unknown;
/** Whether the one question that is never answered has been asked. */
let hung = false;
beforeAll(async () => {
  lab = await startRealLab({
    // Only once: the turn that OpenClaw resumes asks the same again, and is answered.
    fault: ({ question }) => {
      // The resumed turn asks again in other words, and is answered.
      if (hung || !question.includes('endless')) return { kind: 'slow', ms: 2000 };
      hung = true;
      return { kind: 'hang' };
    },
  });
});
afterAll(() => lab.close());

/** A server process that is ended, kindly, after `use`. */
async function withServer<T>(use: (server: RawClient) => Promise<T>): Promise<T> {
  const server = await lab.server();
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

async function killedAfter(ms: number, begin: (server: RawClient) => Promise<unknown>): Promise<void> {
  const server = await lab.server();
  const call = begin(server).catch(() => {});
  await systemClock.sleep(ms);
  const gone = once(server.child, 'exit');
  server.child.kill('SIGKILL');
  await gone;
  await call;
}

async function operationOf(server: RawClient, session: string): Promise<unknown> {
  const { structuredContent } = await server.call('get_operation');
  const rows: Record<string, unknown>[] = Object(structuredContent).operations;
  return rows.find((row) => row.session === session)?.operation_id;
}

const asked = (question: string) => lab.model.requests.filter((one) => one.question === question).length;

it('a deploy whose server is killed again and again becomes ready, on one machine', async () => {
  for (const ms of [300, 1500, 4000, 6000]) {
    await killedAfter(ms, (server) => server.call('deploy_openclaw', { name: 'real' }));
  }
  await withServer(async (server) => {
    const ready = await server.finish('deploy_openclaw', { name: 'real' });
    expect(ready).toMatchObject({ status: 'ready', name: 'real' });
    machine = ready.machine_id;
    expect(await server.finish('list_machines')).toMatchObject({ quota_used: 1 });
  });
  const headers = { 'x-api-key': lab.local.apiKey };
  const stats = await (await fetch(`${lab.local.baseUrl}/_local/stats`, { headers })).json();
  expect(stats).toMatchObject({ machines_created: 1 });
  lab.share(machine);
});

it.each([150, 400, 900, 1800])('a turn whose server is killed after %i ms is answered once', async (ms) => {
  const ask = { message: `Question of ${ms}.`, session: `killed-${ms}` };
  await killedAfter(ms, (server) => server.call('chat', ask));
  await withServer(async (server) => {
    const operation_id = await operationOf(server, ask.session);
    const { status, reply } = await (operation_id === undefined
      ? server.finish('chat', ask)
      : server.finish('get_operation', { operation_id }));
    expect(status).toBe('done');
    expect(reply).toContain(ask.message);
    expect(asked(ask.message)).toBe(1);
  });
});

it('a turn in whose middle the machine slept is resumed by OpenClaw, and its reply is found', async () => {
  const message = 'An endless question.';
  await withServer(async (server) => {
    const begun = await server.call('chat', { message, session: 'nap', wait_seconds: 0 });
    await expect.poll(() => asked(message), { timeout: 120_000 }).toBeGreaterThan(0);
    await fetch(`${lab.local.baseUrl}/v1/machines/${machine}/sleep`, {
      method: 'POST',
      headers: { 'x-api-key': lab.local.apiKey, 'idempotency-key': 'autosleep' },
    });
    const done = await server.finish('get_operation', {
      operation_id: begun.structuredContent?.operation_id,
    });
    expect(done).toMatchObject({ status: 'done', reply: expect.stringContaining('stand-in') });
    expect(done.notes).toContainEqual(expect.stringContaining('OpenClaw went on with it by itself'));
  });
});

it('a sleep waits for a turn that runs', async () => {
  const message = 'Something that takes two seconds.';
  await withServer(async (server) => {
    const begun = await server.call('chat', { message, session: 'kind', wait_seconds: 0 });
    await expect.poll(() => asked(message), { timeout: 120_000 }).toBe(1);
    const sleeping = server.finish('sleep_machine', { machine_id: machine });
    const done = await server.finish('get_operation', {
      operation_id: begun.structuredContent?.operation_id,
    });
    expect(done).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
    expect(await sleeping).toMatchObject({ status: 'done', phase: 'sleeping', notes: [] });
  });
});
