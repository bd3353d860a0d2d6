/** Chat turns whose server was killed at the worst moment, or whose machine says little: sent once, answered rightly. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab, type ToolAnswer } from '../support/lab.ts';
import { skippingClock } from '../support/skipping-clock.ts';

let lab: Lab;
let agent: LabClient;
let machine: string;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
});
afterAll(() => lab.close());

const asked = (question: string) => lab.model.requests.filter((one) => one.question === question).length;

/** The record that a killed server has left of a turn. */
async function leftBehind(
  message: string,
  createdAt = new Date().toISOString(),
  machineId = machine,
): Promise<string> {
  const id = `turn_${machineId}_${randomBytes(8).toString('hex')}`;
  const record = {
    id,
    kind: 'turn',
    key: id,
    status: 'running',
    createdAt,
    updatedAt: createdAt,
    stages: [{ name: 'turn', startedAt: createdAt }],
    notes: [],
    input: { machineId, session: 'default' },
    state: { message },
  };
  await mkdir(join(lab.stateDir, 'operations'), { recursive: true });
  await writeFile(join(lab.stateDir, 'operations', `${id}.json`), JSON.stringify(record), { mode: 0o600 });
  return id;
}

/**
 * Awaits an operation in a server for which minutes pass in no time, but only between two looks: a command that is under
 * way, and asked for every second at most, takes its real time however slow this computer is.
 */
async function patiently(operation_id: string): Promise<ToolAnswer> {
  const clock = skippingClock();
  let over = false;
  const answer = (await lab.connect({}, { clock })).finish('get_operation', { operation_id }).finally(() => {
    over = true;
  });
  const passes = () => {
    // Whoever waits is told something every some seconds: that is one sleep. A request's deadlines are longer ones.
    const sleeps = clock.lengths();
    if (sleeps.length > 1 && sleeps.every((ms) => ms > 1_000 && ms <= 15_000)) clock.skip(20_000);
    return over;
  };
  await expect.poll(passes, { interval: 50 }).toBe(true);
  return answer;
}

it('a server that was killed while it mended the gateway for a second try: the next one sends the message', async () => {
  const message = 'A question that was not sent yet';
  const operation_id = await leftBehind(message);
  // What the killed server had done: made the first try incapable of being sent.
  await agent.assembled.services.gateway.cancelTurn(machine, operation_id);
  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
  expect(asked(message)).toBe(1);
});

it('a lost turn is not answered with the reply that the same words got earlier', async () => {
  const message = 'Yes';
  await agent.finish('chat', { message });
  const operation_id = await leftBehind(message);
  const { homeDir = '' } = await agent.assembled.services.machines.get(machine);
  const job = join(homeDir, '.openclaw-mcp/jobs', operation_id);
  await mkdir(job, { recursive: true });
  // It was sent, and its machine restarted before OpenClaw took it down.
  await writeFile(join(job, 'turn'), '');
  await writeFile(join(job, 'sent'), '');
  await writeFile(join(job, 'sending'), `${Date.now()} 999999 1 -\n`);
  // OpenClaw is given two minutes to go on with it by itself.
  const { data } = await patiently(operation_id);
  expect(data).toMatchObject({ status: 'failed', error: { code: 'unavailable' } });
  expect(asked(message)).toBe(1);
});

it('an outage of more than ten minutes does not lead to the message being sent again unseen', async () => {
  const message = 'A question before an outage';
  const operation_id = await leftBehind(message);
  await agent.assembled.services.gateway.startTurn(
    machine,
    { turnId: operation_id, message, session: 'default' },
    { waitSeconds: 5 },
  );
  const down = {
    type: 'refuse',
    status: 503,
    error_code: 'DOWN',
    message: 'down',
    retryable: false,
  } as const;
  lab.local.api.faults.set({ faults: [{ operation: 'execution_create', action: down, times: 10_000 }] });
  const { data, texts } = await patiently(operation_id);
  lab.local.api.faults.set({ faults: [] });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'unavailable' } });
  expect(texts[0]).toContain('read_session');
});

it('a turn of long ago that its machine has forgotten is not sent again', async () => {
  const message = 'A question of last week';
  const operation_id = await leftBehind(message, new Date(Date.now() - 7 * 86_400_000).toISOString());
  const { data, texts } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(texts[0]).toContain('read_session');
  expect(asked(message)).toBe(0);
});

it('a turn whose machine is gone can be cancelled', async () => {
  const gone = '00000000-0000-4000-8000-000000000000';
  const operation_id = await leftBehind('A question to nobody', new Date().toISOString(), gone);
  expect((await agent.call('cancel_operation', { operation_id })).data).toMatchObject({
    status: 'cancelled',
  });
  expect((await agent.call('cancel_operation', { operation_id })).data.next).not.toContain(
    'cancel_operation',
  );
});
