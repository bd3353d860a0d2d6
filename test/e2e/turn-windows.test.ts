/** Chat turns whose server was killed at the worst moment, or whose machine says little: sent once, answered rightly. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

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
async function leftBehind(message: string, createdAt = new Date().toISOString()): Promise<string> {
  const id = `turn_${machine}_${randomBytes(8).toString('hex')}`;
  const record = {
    id,
    kind: 'turn',
    key: id,
    status: 'running',
    createdAt,
    updatedAt: createdAt,
    stages: [{ name: 'turn', startedAt: createdAt }],
    notes: [],
    input: { machineId: machine, session: 'default' },
    state: { message },
  };
  await mkdir(join(lab.stateDir, 'operations'), { recursive: true });
  await writeFile(join(lab.stateDir, 'operations', `${id}.json`), JSON.stringify(record), { mode: 0o600 });
  return id;
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

it('a turn of long ago that its machine has forgotten is not sent again', async () => {
  const message = 'A question of last week';
  const operation_id = await leftBehind(message, new Date(Date.now() - 7 * 86_400_000).toISOString());
  const { data, texts } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(texts[0]).toContain('read_session');
  expect(asked(message)).toBe(0);
});
