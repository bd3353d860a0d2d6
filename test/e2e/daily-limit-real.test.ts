/**
 * What the real OpenClaw spends: nothing by itself, and nothing more once a daily limit is reached, whoever asks; everybody
 * is told.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPriced } from '../../src/sidecar/spend/price.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RealLab, startRealLab } from '../support/real-lab.ts';
import { type StandInTelegram, startStandInTelegram } from '../support/stand-in-telegram.ts';

const BOT_TOKEN = `4242424242:${randomBytes(18).toString('hex')}`;
const REACHED = /daily limit of this assistant is reached: 1000 tokens a day \(UTC\)/;

let lab: RealLab;
let telegram: StandInTelegram;
let agent: RawClient;
beforeAll(async () => {
  telegram = await startStandInTelegram(BOT_TOKEN);
  lab = await startRealLab({
    fault: ({ question }) =>
      question.includes('take your time') ? { kind: 'slow', ms: 120_000 } : undefined,
  });
  agent = await lab.server({ TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_BASE_URL: telegram.url });
  await lab.deploy(agent, { name: 'frugal', autosleep: '2h' });
});
afterAll(async () => {
  await agent?.close();
  await lab?.close();
  await telegram?.close();
});

/** OpenClaw's own command line. @returns what it printed as JSON. */
async function openclaw(...args: string[]): Promise<Record<string, unknown>> {
  const { exit_code, json } = await agent.finish('run_openclaw', { args });
  expect(exit_code, args.join(' ')).toBe(0);
  return Object(json);
}

/** Automations that are switched on, as OpenClaw lists them, and whether they take a turn of the model. */
async function enabled(): Promise<{ id: string; name: string; spends: boolean }[]> {
  const { jobs } = await openclaw('cron', 'list', '--all', '--json');
  expect(jobs).toEqual(expect.any(Array));
  return Object(jobs)
    .filter((job: { enabled: boolean }) => job.enabled)
    .map(({ id, name, payload }: { id: string; name: string; payload: { kind: string } }) => ({
      id,
      name,
      spends: payload.kind !== 'command',
    }));
}

/** The machine's persistent home, as a folder of this computer. */
async function machineHome(): Promise<string> {
  const [name = 'there is none'] = await readdir(join(lab.dir, 'local/local/machines'));
  return join(lab.dir, 'local/local/machines', name, 'home');
}

const asked = () => lab.model.requests.length;

/** Why it failed, as a client is told. */
const refusal = (name: string, args: Record<string, unknown>): Promise<string> =>
  agent.finish(name, args).then(
    ({ status, error, next }) => `${status}: ${Object(error).message} ${next}`,
    (error: unknown) => String(error),
  );

it('a fresh deploy runs nothing by itself that asks the model, and not what it brought along switched off', async () => {
  const { structuredContent: status } = await agent.call('gateway_status');
  const { automations } = Object(status);
  expect(automations).toEqual(expect.any(Array));
  expect(automations.filter((each: { spends: boolean }) => each.spends)).toEqual([]);
  for (const { id } of await enabled()) await openclaw('cron', 'run', id, '--json');
  expect(asked()).toBe(0);
});

it('a limit is set while the gateway runs, and the first turn is answered with a warning that it was the last', async () => {
  const set = await agent.finish('configure_openclaw', { channel: 'telegram', daily_limit: '1000 tokens' });
  expect(set).toMatchObject({ status: 'done', applied: 'hot' });
  expect(String(set.notes)).toContain('The assistant may spend 1000 tokens a day (UTC).');
  telegram.say('Hello from my phone');
  const { text } = await telegram.heard(({ text: heard }) => /pairing code/i.test(heard));
  const [code = ''] = /\b[A-Z0-9]{8}\b/.exec(text) ?? [];
  await agent.finish('configure_openclaw', { approve: [`telegram:${code}`] });
  const first = await agent.finish('chat', { message: 'The first one' });
  expect(first).toMatchObject({ status: 'done', reply: expect.stringContaining('The first one') });
  expect(String(first.notes)).toMatch(/\d{4,} tokens of the daily limit .* are spent: no new turn begins/);
});

it('the second turn, a message by Telegram and an automation reach no model, and say so', async () => {
  const before = asked();
  const refused = await refusal('chat', { message: 'The second one' });
  expect(refused).toMatch(/not sent: the daily limit .* is reached.*\d{4,} tokens.*configure_openclaw/s);
  telegram.say('And I?');
  expect((await telegram.heard(({ text }) => /daily limit/.test(text))).text).toMatch(REACHED);
  const job = ['--cron', '0 7 * * *', '--tz', 'UTC', '--message', 'Do something', '--json'];
  const { id } = await openclaw('cron', 'add', '--name', 'due', ...job);
  await openclaw('cron', 'run', String(id), '--json');
  const told = async () => JSON.stringify(await openclaw('cron', 'runs', '--id', String(id)));
  await expect.poll(told, { timeout: 120_000, interval: 3_000 }).toMatch(REACHED);
  expect(asked()).toBe(before);
});

it('the accounts tell tokens by session and by day, and that no price is known', async () => {
  // A busy gateway may be late with its accounts, which then are told as not known.
  let seen: unknown;
  const spend = async () => {
    seen = (await agent.call('gateway_status')).structuredContent?.spend;
    return seen;
  };
  await expect.poll(spend, { timeout: 180_000 }).toHaveProperty('total');
  expect(seen).toMatchObject({
    standing: 'twice',
    daily_limit: '1000 tokens a day (UTC)',
    today: { tokens: expect.any(Number) },
    total: { usd: 0, unpriced: expect.any(Number) },
  });
  const { total, today } = Object(seen);
  expect(total.unpriced).toBeGreaterThan(0);
  expect(today.tokens).toBeGreaterThan(1_000);
  const listed = await agent.finish('list_sessions');
  expect(listed).toMatchObject({ sessions: expect.any(Array) });
  const rows = Object(listed).sessions.filter((row: { spent?: object }) => row.spent);
  expect(rows).toContainEqual(
    expect.objectContaining({ spent: { tokens: today.tokens, usd: 0, unpriced: total.unpriced } }),
  );
  expect(await refusal('configure_openclaw', { daily_limit: '5 USD' })).toMatch(/knows no price.*in tokens/s);
});

it('it holds across sleep and wake, and is lifted at once', async () => {
  const slept = await agent.finish('sleep_machine', {});
  expect(String(slept.notes)).toMatch(
    /1 automation\(s\) are planned, the next for .*: what is due while the machine sleeps does not run/,
  );
  await agent.finish('wake_machine', {});
  expect(await enabled()).toEqual([expect.objectContaining({ name: 'due' })]);
  const before = asked();
  expect(await refusal('chat', { message: 'Awake again' })).toMatch(/daily limit .* is reached/);
  telegram.say('Awake?');
  await telegram.heard(({ text }) => REACHED.test(text) && telegram.sent.length > 2);
  expect(asked()).toBe(before);
  await agent.finish('configure_openclaw', { daily_limit: 'none' });
  expect(await agent.finish('chat', { message: 'Free' })).toMatchObject({ status: 'done' });
});

it('at twice the limit a turn that runs is ended, and its caller is told why', async () => {
  const before = asked();
  const running = refusal('chat', { message: 'take your time', session: 'long' });
  await expect.poll(asked).toBeGreaterThan(before);
  await agent.finish('configure_openclaw', { daily_limit: '1000 tokens' });
  expect(await running).toMatch(/was ended: twice the daily limit/);
});

it('where the settings have a price a limit in money is kept, and a model of the catalog has one too', async () => {
  const home = await machineHome();
  const file = join(home, '.openclaw/openclaw.json');
  const settings = JSON.parse(await readFile(file, 'utf8'));
  const id = String(settings.agents.defaults.model.primary).replace('anthropic/', '');
  const cost = { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 };
  settings.models.providers.anthropic.models = [{ id, name: id, cost }];
  await writeFile(file, JSON.stringify(settings));
  const spent = async () => Object((await agent.call('gateway_status')).structuredContent?.spend).total?.usd;
  // OpenClaw prices anew what was answered before, once it has seen the settings.
  await expect.poll(spent, { timeout: 180_000 }).toBeGreaterThan(0);
  const set = await agent.finish('configure_openclaw', { daily_limit: '5 USD' });
  expect(String(set.notes)).toContain('The assistant may spend 5 USD a day (UTC).');
  expect(await agent.finish('chat', { message: 'It costs' })).toMatchObject({ status: 'done' });
  const today = async () => Object((await agent.call('gateway_status')).structuredContent?.spend).today?.usd;
  await expect.poll(today, { timeout: 120_000 }).toBeGreaterThan(0);
  await agent.finish('configure_openclaw', { daily_limit: '0.001 USD' });
  const before = asked();
  expect(await refusal('chat', { message: 'Too dear' })).toMatch(/daily limit .* is reached .*0\.001 USD/s);
  expect(asked()).toBe(before);
  // The same tree beside settings without an address: that of a model of this computer has no catalog.
  const elsewhere = { home: join(lab.dir, 'priced'), port: 1 };
  await mkdir(elsewhere.home);
  await symlink(join(home, '.openclaw-mcp'), join(elsewhere.home, '.openclaw-mcp'));
  expect(isPriced(elsewhere, 'anthropic/claude-opus-5-5')).toBe(true);
  expect(isPriced(elsewhere, 'google/gemini-2.5-pro')).toBe(false);
});
