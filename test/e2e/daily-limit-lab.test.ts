/** A daily limit from the tool to the gateway, with the stand-in OpenClaw: set, warned, reached, gone from the machine, lifted. */
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let first: number;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw');
}, 300_000);
afterAll(() => lab.close());

const configured = (daily_limit: string) => agent.finish('configure_openclaw', { daily_limit });
const said = (message: string) => agent.finish('chat', { message });
const spend = async () => Object((await agent.call('gateway_status')).data.spend);
const limitFolder = () => {
  const machines = join(lab.stateDir, '..', 'local', 'machines');
  const [machine = ''] = readdirSync(machines);
  return join(machines, machine, 'home', '.openclaw-mcp', 'limit');
};

it('tells what was spent by session, by day and in all, and that no price is known', async () => {
  await said('The first one');
  const { days, total, daily_limit } = await spend();
  first = total.tokens;
  expect(first).toBeGreaterThan(0);
  expect(total).toEqual({ tokens: first, usd: 0, unpriced: 1 });
  expect(days).toEqual([expect.objectContaining({ tokens: first, unpriced: 1 })]);
  expect(daily_limit).toBeUndefined();
  const { sessions } = (await agent.call('list_sessions')).data;
  expect(sessions).toEqual([expect.objectContaining({ spent: { tokens: first, usd: 0, unpriced: 1 } })]);
});

it('refuses one in money without a price, and what is no limit, and changes nothing', async () => {
  const { data } = await configured('5 USD');
  expect(data).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
  expect((await configured('a lot')).isError).toBe(true);
  expect((await spend()).daily_limit).toBeUndefined();
});

it('counts what was spent that day already, warns at four fifths, and keeps it to its owner', async () => {
  const { data } = await configured(`${Math.floor(first / 0.85)} tokens`);
  expect(data).toMatchObject({ status: 'done', applied: 'hot' });
  expect(String(data.notes)).toContain('more than four fifths');
  expect(statSync(join(limitFolder(), 'limit.json')).mode & 0o777).toBe(0o600);
  expect(await spend()).toMatchObject({ standing: 'warned', today: { tokens: first } });
  const { strange = [] } = Object((await agent.call('gateway_status')).data);
  expect(strange).toEqual([]);
});

it('answers the turn that goes over it, and none after that, also when the machine lost its note', async () => {
  const over = await said('The last one');
  expect(over.data.status).toBe('done');
  expect(String(over.data.notes)).toContain('no new turn begins');
  const asked = lab.model.requests.length;
  const refused = await said('One more');
  expect(refused.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(refused.texts.join('\n')).toMatch(/not sent: the daily limit.*configure_openclaw with daily_limit/s);
  rmSync(join(limitFolder(), 'limit.json'));
  expect((await said('And now?')).data.status).toBe('failed');
  await agent.finish('sleep_machine');
  await agent.finish('wake_machine');
  expect((await said('Awake')).data.status).toBe('failed');
  expect(lab.model.requests).toHaveLength(asked);
});

it('is lifted at once', async () => {
  expect((await configured('none')).data).toMatchObject({ status: 'done' });
  expect((await said('Free')).data.status).toBe('done');
  expect((await spend()).daily_limit).toBeUndefined();
});

it('is lifted too where a computer whose clock is years ahead set it', async () => {
  const set_at = Date.now() + 10 * 366 * 86_400_000;
  writeFileSync(join(limitFolder(), 'limit.json'), JSON.stringify({ tokens: 1, set_at }), { mode: 0o600 });
  expect((await spend()).daily_limit).toBe('1 tokens a day (UTC)');
  expect((await configured('none')).data).toMatchObject({ status: 'done' });
  expect((await said('Free again')).data.status).toBe('done');
  expect((await spend()).daily_limit).toBeUndefined();
});
