/** A confirmation counts for its ten minutes and no longer, however wrong the clock was when it was given. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { checkToken, mintToken } from '../../../src/core/signed-token.ts';
import { confirmations } from '../../../src/workflows/destroy/confirmations.ts';

let dir: string;
let now = 1_800_000_000_000;
const clock = { ...systemClock, now: () => now };
const MINUTE = 60_000;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'confirmations-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const shown = { subject: 'm-1', state: 'as it was' };

it.each([
  ['eleven minutes later', 11 * MINUTE],
  ['by a clock that was an hour ahead when it was given', -60 * MINUTE],
  ['by a clock that was years ahead when it was given', -3 * 365 * 24 * 60 * MINUTE],
])('is refused %s', async (_, passed) => {
  const { token } = await confirmations(dir, clock).give(shown);
  const given = now;
  now += passed;
  await expect(confirmations(dir, clock).require(token, shown)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('not of the last ten minutes'),
  });
  now = given;
});

it.each([
  ['at once', 0],
  ['nine minutes later', 9 * MINUTE],
  ['by a clock that was set back by some seconds', -20_000],
])('counts %s', async (_, passed) => {
  const { token } = await confirmations(dir, clock).give(shown);
  const given = now;
  now += passed;
  await confirmations(dir, clock).require(token, shown);
  now = given;
});

it('a token that was signed for longer than tokens are given is no consent', () => {
  const key = new Uint8Array(32);
  const token = mintToken(key, shown, now + 24 * 60 * MINUTE);
  expect(checkToken(key, token, shown, now, 10 * MINUTE)).toBe('expired');
});
