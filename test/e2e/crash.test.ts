/** The server is killed with SIGKILL at moments of a deploy and of a chat turn; the next one finishes the same work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type Bin, type BinProcess, copyOfBin, startBin } from '../support/bin.ts';
import { type Lab, startLab, type ToolAnswer } from '../support/lab.ts';
import { KILLS, moments, SEED } from '../support/moments.ts';

let lab: Lab;
let bin: Bin;
beforeAll(async () => {
  bin = await copyOfBin();
  lab = await startLab({ model: { fault: () => ({ kind: 'slow', ms: 150 }) } });
});
afterAll(async () => {
  await lab.close();
  await bin.remove();
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Begins a call in a server of its own and kills that server after `ms`. */
async function killedAfter(ms: number, begin: (server: BinProcess) => Promise<unknown>): Promise<void> {
  const server = await startBin(bin, lab);
  const call = begin(server).catch(() => {});
  await systemClock.sleep(ms);
  await server.kill();
  await call;
}

async function withServer<T>(use: (server: BinProcess) => Promise<T>): Promise<T> {
  const server = await startBin(bin, lab);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/** What get_operation lists: in flight, and ended a short while ago. */
async function known(server: BinProcess, field: string, value: string): Promise<string | undefined> {
  const { data } = await server.call('get_operation');
  const rows: Record<string, unknown>[] = Object(data).operations;
  const found = rows.find((row) => row[field] === value);
  return found && String(found.operation_id);
}

const created = () => Number(lab.local.api.stats.document().machines_created);
const machinesOf = ({ data }: ToolAnswer): { machine_id: string }[] => Object(data).machines;

async function destroyAll(server: BinProcess): Promise<number> {
  const machines = machinesOf(await server.call('list_machines'));
  const headers = { 'x-api-key': lab.local.apiKey };
  for (const { machine_id: id } of machines) {
    const url = `${lab.local.baseUrl}/v1/machines/${id}`;
    await fetch(url, { method: 'DELETE', headers: { ...headers, 'idempotency-key': `end-${id}` } });
    await expect.poll(async () => (await fetch(url, { headers })).status).toBe(404);
  }
  return machines.length;
}

const LIMIT_MS = 300_000 + KILLS * 30_000;

describe(`a server that is killed (seed ${SEED})`, () => {
  it(
    `at ${KILLS} points of a deploy: one machine, and it becomes ready`,
    async () => {
      const whole = await withServer(async (server) => {
        const duration = await timed(() => server.finish('deploy_openclaw', { name: 'measured' }));
        await destroyAll(server);
        return duration;
      });
      for (const [index, moment] of moments(whole, KILLS).entries()) {
        const name = `crash-${index}`;
        const at = `killed after ${Math.round(moment)} of ${Math.round(whole)} ms`;
        const before = created();
        await killedAfter(moment, (server) => server.call('deploy_openclaw', { name }));
        await withServer(async (server) => {
          // One half goes on by the operation's id, the other by calling the same tool again.
          const id = index % 2 === 0 ? await known(server, 'name', name) : undefined;
          const { data } = await (id === undefined
            ? server.finish('deploy_openclaw', { name })
            : server.finish('get_operation', { operation_id: id }));
          expect(data, at).toMatchObject({ status: 'ready', name });
          expect(created() - before, at).toBe(1);
          expect(await destroyAll(server), at).toBe(1);
        });
      }
    },
    LIMIT_MS,
  );

  it(
    `at ${KILLS} points of a chat turn: the reply arrives, and the message was sent once`,
    async () => {
      const ask = (n: number | string) => ({ message: `Question number ${n}.`, session: `crash-${n}` });
      const whole = await withServer(async (server) => {
        await server.finish('deploy_openclaw', { name: 'talker' });
        return timed(() => server.finish('chat', ask('measured')));
      });
      for (const [n, moment] of moments(whole, KILLS).entries()) {
        const at = `killed after ${Math.round(moment)} of ${Math.round(whole)} ms`;
        const { message, session } = ask(n);
        await killedAfter(moment, (server) => server.call('chat', { message, session }));
        await withServer(async (server) => {
          const id = await known(server, 'session', session);
          // Nothing was recorded: so nothing was sent, and the message may be sent.
          const { data } = await (id === undefined
            ? server.finish('chat', { message, session })
            : server.finish('get_operation', { operation_id: id }));
          expect(data, at).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
          expect(lab.model.requests.filter((one) => one.question === message).length, at).toBe(1);
        });
      }
    },
    LIMIT_MS,
  );
});
