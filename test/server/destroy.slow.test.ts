/** Nothing that an agent sends in one call destroys a machine, nor anything but a fresh proof for this very machine. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type ApiProxy, startApiProxy } from '../support/api-proxy.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let proxy: ApiProxy;
let agent: LabClient;
/** Asleep, and there to the end: what is refused leaves it as it is. */
let kept: string;
let late = 0;
const clock = { ...systemClock, now: () => Date.now() + late };
beforeAll(async () => {
  lab = await startLab();
  proxy = await startApiProxy(lab.local.baseUrl);
  agent = await lab.connect({ DEDALUS_BASE_URL: proxy.url }, { clock });
  kept = await machine();
  await agent.assembled.services.machines.sleep(kept);
});
afterAll(async () => {
  await lab.close();
  await proxy.close();
});
beforeEach(() => {
  late = 0;
  proxy.rewrite = undefined;
});

let made = 0;
async function machine(from = agent): Promise<string> {
  const { machines } = from.assembled.services;
  made += 1;
  const spec = { vcpu: 1, memoryMib: 1024, storageGib: 2, autosleep: 'never' };
  const { machineId } = await machines.create(spec, `destroy-test-${made}`);
  await machines.waitUntilRunning(machineId);
  return machineId;
}

async function plan(machine_id: string, by = agent) {
  const { data } = await by.call('destroy_machine', { machine_id });
  return String(data.confirmation);
}

const deletes = () => proxy.passed.filter(({ method }) => method === 'DELETE').length;
async function alive(id: string): Promise<boolean> {
  const { phase } = await agent.assembled.services.machines.get(id);
  return phase !== 'destroyed' && phase !== 'destroying';
}
async function remove(...ids: string[]) {
  for (const id of ids) await agent.assembled.services.machines.destroy(id);
}

describe('destroy_machine', () => {
  it('is told in the history: who did it, to which machine, and how it ended; the plan alone is not', async () => {
    const id = await machine();
    const confirmation = await plan(id);
    const told = async () => (await agent.call('history', { machine_id: id })).data;
    expect(await told()).toMatchObject({ calls: [], damaged_lines: 0 });
    await agent.finish('destroy_machine', { machine_id: id, confirmation });
    const { calls } = await told();
    expect(calls).toMatchObject([
      { tool: 'destroy_machine', machine_id: id, client: expect.stringContaining('lab'), status: 'done' },
    ]);
    await agent.call('gateway_status', { machine_id: kept });
    await agent.call('destroy_machine', { machine_id: id, confirmation });
    expect((await told()).calls).toHaveLength(1);
  });

  it('shows first what would be lost, and deletes nothing', async () => {
    const id = await machine();
    const { data, texts } = await agent.call('destroy_machine', { machine_id: id });
    expect(data).toMatchObject({
      status: 'confirmation_needed',
      plan: { machine_id: id, phase: 'running', age: '0 hour(s)', sessions: expect.any(String) },
      next: expect.stringContaining(`confirmation "${data.confirmation}"`),
    });
    expect(texts[0]).toMatch(/^Nothing was destroyed yet\./);
    const expires = Date.parse(String(data.expires_at));
    expect(expires - Date.now()).toBeGreaterThan(590_000);
    expect(expires - Date.now()).toBeLessThanOrEqual(600_000);
    expect(await alive(id)).toBe(true);
    await remove(id);
  });

  it('does not wake a sleeping machine to find out, and says that it does not know', async () => {
    const { data } = await agent.call('destroy_machine', { machine_id: kept });
    expect(data.plan).toMatchObject({
      phase: 'sleeping',
      sessions: 'unknown: the machine is not awake, and looking would wake it',
    });
    expect((await agent.assembled.services.machines.get(kept)).phase).toBe('sleeping');
  });

  it('destroys with the confirmation of the plan, also by another process of the same user', async () => {
    const id = await machine();
    const other = await lab.connect();
    const { data } = await other.finish('destroy_machine', {
      machine_id: id,
      confirmation: await plan(id),
    });
    expect(data).toMatchObject({ status: 'done', phase: 'destroyed' });
    const again = await agent.call('destroy_machine', { machine_id: id });
    expect(again).toMatchObject({ isError: true });
  });

  it.each([
    ['the machine id', (id: string) => id],
    ['yes', () => 'yes'],
    ['nothing', () => ''],
    [
      'a token of the right form',
      () => `${(Date.now() + 1000).toString(36)}.${'0'.repeat(16)}.${'0'.repeat(32)}`,
    ],
  ])('cannot be talked into it in one call: %s', async (_, guess) => {
    const id = kept;
    const before = deletes();
    const refused = await agent.call('destroy_machine', { machine_id: id, confirmation: guess(id) });
    expect(refused).toMatchObject({ isError: true });
    expect(refused.texts[0]).toContain('Nothing was done: this confirmation was not given for this');
    expect(deletes()).toBe(before);
    expect(await alive(id)).toBe(true);
  });

  it('refuses the confirmation of another machine, a prolonged one and one that is too old', async () => {
    const [id, other] = [kept, await machine()];
    const good = await plan(id);
    const [expiry = '', ...rest] = good.split('.');
    const prolonged = [(Number.parseInt(expiry, 36) + 60_000).toString(36), ...rest].join('.');
    const before = deletes();
    for (const confirmation of [await plan(other), prolonged]) {
      const { texts } = await agent.call('destroy_machine', { machine_id: id, confirmation });
      expect(texts[0]).toContain('was not given for this');
    }
    late = 10 * 60 * 1000;
    const { texts } = await agent.call('destroy_machine', { machine_id: id, confirmation: good });
    expect(texts[0]).toContain('not of the last ten minutes');
    expect(deletes()).toBe(before);
    await remove(other);
    expect(await alive(id)).toBe(true);
  });

  it('refuses a confirmation, and a confirmed destruction, that a clock years ahead has dated', async () => {
    late = 3 * 365 * 24 * 3_600_000;
    const confirmation = await plan(kept);
    late = 0;
    const { texts } = await agent.call('destroy_machine', { machine_id: kept, confirmation });
    expect(texts[0]).toContain('not of the last ten minutes');
    expect(await alive(kept)).toBe(true);
  });

  it('refuses a confirmation when the machine was used since', async () => {
    const id = await machine();
    const confirmation = await plan(id);
    await agent.finish('sleep_machine', { machine_id: id });
    const { texts } = await agent.call('destroy_machine', { machine_id: id, confirmation });
    expect(texts[0]).toContain('this changed after the confirmation was given');
    expect(await alive(id)).toBe(true);
    await remove(id);
  });

  it('refuses when another machine has taken the id since, and once more right before the delete', async () => {
    const id = kept;
    const confirmation = await plan(id);
    const replaced = (answer: string) =>
      answer.replaceAll(/"created_at":"[^"]+"/g, '"created_at":"2026-01-01T00:00:00Z"');
    proxy.rewrite = ({ answer }) => replaced(answer);
    const early = await agent.call('destroy_machine', { machine_id: id, confirmation });
    expect(early.texts[0]).toContain('this changed after the confirmation was given');
    let lists = 0;
    proxy.rewrite = ({ answer, path }) => {
      if (/\/v1\/machines(\?|$)/.test(path)) lists += 1;
      return lists > 1 ? replaced(answer) : answer;
    };
    const before = deletes();
    const { data } = await agent.finish('destroy_machine', { machine_id: id, confirmation });
    expect(data).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('another machine') },
    });
    expect(deletes()).toBe(before);
    proxy.rewrite = undefined;
    expect(await alive(id)).toBe(true);
  });

  it('keeps its signing key to its owner, and replaces one that others could read', async () => {
    const id = kept;
    const file = join(lab.stateDir, 'confirmation.key');
    const confirmation = await plan(id);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const key = await readFile(file, 'utf8');
    await rm(file);
    await writeFile(file, key, { mode: 0o644 });
    const { texts } = await agent.call('destroy_machine', { machine_id: id, confirmation });
    expect(texts[0]).toContain('was not given for this');
    expect(await alive(id)).toBe(true);
  });
});

describe('where the client can ask a person', () => {
  const asking = (
    person: () => Promise<{ action: 'accept' | 'decline' | 'cancel'; content?: { consent: boolean } }>,
  ) => lab.connect({}, { person });

  it('a person who agrees is enough', async () => {
    const client = await asking(async () => ({ action: 'accept', content: { consent: true } }));
    const id = await machine();
    const { data } = await client.finish('destroy_machine', {
      machine_id: id,
      confirmation: await plan(id, client),
    });
    expect(data).toMatchObject({ status: 'done', phase: 'destroyed' });
  });

  it.each([
    ['declines', { action: 'decline' as const }, 'the person refused'],
    [
      'sends the form without the tick',
      { action: 'accept' as const, content: { consent: false } },
      'the person refused',
    ],
    ['cancels', { action: 'cancel' as const }, 'no person answered'],
    ['sends an empty form', { action: 'accept' as const }, 'refused'],
  ])('a person who %s has not agreed', async (_, answer, words) => {
    const client = await asking(async () => answer);
    const id = kept;
    const refused = await client.call('destroy_machine', {
      machine_id: id,
      confirmation: await plan(id, client),
    });
    expect(refused).toMatchObject({ isError: true });
    expect(refused.texts[0]).toContain(words);
    expect(await alive(id)).toBe(true);
  });
});

describe('OPENCLAW_MCP_CONFIRM=off', () => {
  it('destroys at the first call, and says so before and after', async () => {
    const client = await lab.connect({ OPENCLAW_MCP_CONFIRM: 'off' });
    const { tools } = await client.client.listTools();
    expect(tools.find((tool) => tool.name === 'destroy_machine')?.description).toMatch(
      /^WITHOUT CONFIRMATION/,
    );
    expect(client.client.getInstructions()).toContain('AT THE FIRST CALL');
    const { data, texts } = await client.call('destroy_machine', { machine_id: await machine() });
    expect(data).toMatchObject({ status: 'done', phase: 'destroyed' });
    expect(texts[0]).toContain('OPENCLAW_MCP_CONFIRM is off: it was destroyed without asking anybody');
  });
});
