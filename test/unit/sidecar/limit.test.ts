import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { runCommand } from '../../../src/sidecar/commands.ts';
import { admitTurn } from '../../../src/sidecar/spend/keep.ts';
import { readAccounts, readLimit, readMeter, writeLedger } from '../../../src/sidecar/spend/ledger.ts';
import { dayOf, type Limit, mayBegin, spentOn } from '../../../src/sidecar/spend/limit.ts';
import plugin from '../../../src/sidecar/spend/plugin.ts';

const at = (iso: string) => Date.parse(iso);
const NOON = at('2026-11-27T12:00:00Z');
const limit: Limit = { tokens: 1_000, set_at: 1 };
const day = '2026-11-27';

describe('the day that counts', () => {
  it.each([
    ['2026-11-27T23:59:59.999Z', undefined, '2026-11-27'],
    ['2026-11-28T00:00:00.000Z', undefined, '2026-11-28'],
    ['2026-11-27T22:59:59Z', 'Europe/Berlin', '2026-11-27'],
    ['2026-11-27T23:00:00Z', 'Europe/Berlin', '2026-11-28'],
    // The day on which the clocks there go back has 25 hours.
    ['2026-10-25T22:59:59Z', 'Europe/Berlin', '2026-10-25'],
    ['2026-10-25T23:00:00Z', 'Europe/Berlin', '2026-10-26'],
    ['2026-11-28T07:59:59Z', 'America/Los_Angeles', '2026-11-27'],
  ])('%s in %s is of %s', (moment, zone, expected) => {
    expect(dayOf(at(moment), zone)).toBe(expected);
  });
});

describe('what is spent of a limit', () => {
  it.each([
    [799, 'under'],
    [800, 'warned'],
    [999, 'warned'],
    [1_000, 'reached'],
    [1_999, 'reached'],
    [2_000, 'twice'],
  ])('%i of 1000 tokens: %s', (tokens, standing) => {
    const spent = spentOn(limit, { day, tokens }, undefined, NOON);
    expect(spent).toMatchObject({ day, tokens, standing });
    expect(mayBegin(spent)).toBe(tokens < 1_000);
  });

  it('ends with the day, also what the accounts said', () => {
    const accounts = { day, tokens: 5_000, usd: 3, unpriced: 0, metered: 0 };
    const spent = spentOn(limit, { day, tokens: 5_000 }, accounts, at('2026-11-28T00:00:00Z'));
    expect(spent).toEqual({ day: '2026-11-28', tokens: 0, usd: 0, unpriced: 0, standing: 'under' });
  });

  it('is what the accounts knew, and what was counted since', () => {
    const accounts = { day, tokens: 700, usd: 0, unpriced: 1, metered: 200 };
    expect(spentOn(limit, { day, tokens: 450 }, accounts, NOON)).toMatchObject({ tokens: 950, unpriced: 1 });
    // A meter that was lost takes nothing back.
    expect(spentOn(limit, undefined, accounts, NOON)).toMatchObject({ tokens: 700 });
    expect(spentOn(limit, { day, tokens: 50 }, accounts, NOON)).toMatchObject({ tokens: 700 });
  });

  it('is money where the limit is in money', () => {
    const accounts = { day, tokens: 9_000_000, usd: 4.1, unpriced: 0, metered: 0 };
    expect(spentOn({ usd: 5, set_at: 1 }, undefined, accounts, NOON).standing).toBe('warned');
    expect(spentOn({ usd: 2, set_at: 1 }, undefined, accounts, NOON).standing).toBe('twice');
    expect(spentOn({ set_at: 1 }, undefined, accounts, NOON).standing).toBe('under');
  });
});

describe('the plugin in the gateway', () => {
  let folder: string;
  const hooks = new Map<string, (event: object) => unknown>();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'limit-'));
    vi.spyOn(systemClock, 'now').mockReturnValue(NOON);
    plugin.register({ rootDir: join(folder, 'plugin'), on: (name, hook) => hooks.set(name, hook) });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const ask = (name: string, event = {}) => hooks.get(name)?.(event);
  const answered = (totalTokens: number) =>
    ask('before_message_write', { message: { role: 'assistant', usage: { totalTokens } } });

  it('lets everything pass where no limit is set, and counts all the same', () => {
    answered(5);
    expect(ask('before_agent_reply')).toBeUndefined();
    expect(JSON.parse(readFileSync(join(folder, 'meter.json'), 'utf8'))).toMatchObject({ day });
    expect(statSync(join(folder, 'meter.json')).mode & 0o777).toBe(0o600);
  });

  it('claims each turn once the limit is reached, and not on the next day', () => {
    vi.spyOn(systemClock, 'now').mockReturnValue(at('2026-12-01T12:00:00Z'));
    writeLedger(folder, 'limit', limit);
    answered(600);
    expect(ask('before_agent_run')).toBeUndefined();
    answered(500);
    expect(ask('before_agent_reply')).toMatchObject({
      handled: true,
      reply: { text: expect.stringContaining('reached: 1000 tokens a day (UTC)') },
    });
    expect(ask('before_agent_run')).toMatchObject({ outcome: 'block' });
    expect(ask('before_tool_call')).toBeUndefined();
    answered(900);
    expect(ask('before_tool_call', { toolName: 'write' })).toMatchObject({ block: true });
    // Else nobody could list the sessions of an assistant that spent too much.
    expect(ask('before_tool_call', { toolName: 'sessions_list' })).toBeUndefined();
    vi.spyOn(systemClock, 'now').mockReturnValue(at('2026-12-02T00:00:00Z'));
    expect(ask('before_agent_reply')).toBeUndefined();
  });

  it('begins nothing where the limit cannot be read: nobody knows what may be spent', () => {
    writeFileSync(join(folder, 'limit.json'), '{"tokens": 10');
    expect(readLimit(folder)).toBe('broken');
    expect(ask('before_agent_reply')).toMatchObject({
      reply: { text: expect.stringContaining('cannot be read') },
    });
  });

  it.each([
    ['{"set_at":1,"tokens":0}', 'broken'],
    ['{"set_at":1,"tokens":-5}', 'broken'],
    ['{"set_at":1,"tokens":1e999}', 'broken'],
    ['{"set_at":1,"tokens":"10"}', 'broken'],
    ['{"set_at":1e999,"tokens":10}', 'broken'],
    ['{"set_at":1,"tokens":10,"zone":"Nowhere/City"}', { set_at: 1, tokens: 10 }],
  ])('reads %s as %j: no number in it lets everything pass', (text, expected) => {
    writeFileSync(join(folder, 'limit.json'), text);
    expect(readLimit(folder)).toEqual(expected);
    answered(10);
    expect(ask('before_agent_run')).toMatchObject({ outcome: 'block' });
  });

  it('takes no number that is none, and no number below nothing, from what was counted', () => {
    vi.spyOn(systemClock, 'now').mockReturnValue(at('2026-12-08T12:00:00Z'));
    for (const totalTokens of [7, Number.NaN, -100, Number.POSITIVE_INFINITY]) answered(totalTokens);
    expect(readMeter(folder)).toMatchObject({ tokens: 7 });
    writeFileSync(join(folder, 'meter.json'), `{"day":"${day}","tokens":-1e999}`);
    writeFileSync(join(folder, 'accounts.json'), `{"day":"${day}","tokens":-5,"usd":1e999,"metered":3}`);
    expect(readMeter(folder)).toBeUndefined();
    expect(readAccounts(folder)).toEqual({ day, tokens: 0, usd: 0, unpriced: 0, metered: 3 });
  });

  it('adds up the parts where OpenClaw names no total', () => {
    vi.spyOn(systemClock, 'now').mockReturnValue(at('2026-12-05T12:00:00Z'));
    const usage = { input: 10, output: 5, cacheRead: 3, cacheWrite: 2 };
    ask('before_message_write', { message: { role: 'assistant', usage } });
    ask('before_message_write', { message: { role: 'user' } });
    expect(JSON.parse(readFileSync(join(folder, 'meter.json'), 'utf8'))).toEqual({
      day: '2026-12-05',
      tokens: 20,
    });
  });
});

describe('of two limits', () => {
  let home: string;
  const place = () => ({ home, port: 1 });
  const folder = () => join(home, '.openclaw-mcp/limit');
  const order = async (wish: object) => Object(await runCommand('set_limit', place(), { limit: wish }));
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'limits-'));
    vi.spyOn(systemClock, 'now').mockReturnValue(NOON);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(home, { recursive: true });
  });

  it('the later counts, and the answer tells which', async () => {
    await order({ tokens: 5, set_at: NOON - 10 });
    expect(await order({ set_at: NOON - 20 })).toMatchObject({ limit: { tokens: 5 }, set_at: NOON - 10 });
    expect(await order({ set_at: NOON - 10 })).toMatchObject({ keeping: 'no_limit', set_at: NOON - 10 });
  });

  it.each([NOON + 1, NOON + 1e13, 1.7e308])(
    'one that was set at %d is lifted all the same',
    async (ahead) => {
      writeLedger(folder(), 'limit', { tokens: 5, set_at: ahead });
      expect(await order({ set_at: NOON - 1_000 })).toMatchObject({ keeping: 'no_limit' });
      // The computer that set it has its note still.
      await admitTurn(place(), { tokens: 1, set_at: ahead });
      expect(readLimit(folder())).toEqual({ set_at: NOON - 1_000 });
    },
  );

  it('none is kept as set later than it arrived', async () => {
    expect(await order({ tokens: 5, set_at: NOON + 1e13 })).toMatchObject({ set_at: NOON });
    rmSync(folder(), { recursive: true });
    await admitTurn(place(), { tokens: 5, set_at: NOON + 1e13 });
    expect(readLimit(folder())).toEqual({ tokens: 5, set_at: NOON });
  });
});
