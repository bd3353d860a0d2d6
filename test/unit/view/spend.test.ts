/** The spend of a week: what is told of it, and how tall its bars are. */
import { expect, it } from 'vitest';
import { heights, spendOf, sumOf } from '../../../src/view/told/spend.ts';

const day = (date: string, usd: number, tokens = 100) => ({ date, usd, tokens, unpriced: 0 });

it('is the last seven days, with the limit and how it stands', () => {
  const days = Array.from({ length: 9 }, (_, index) => day(`2026-11-0${index + 1}`, index));
  const spend = spendOf({ days, daily_limit: '5 USD', standing: 'warned' });
  expect(spend?.week.map(({ date }) => date)).toEqual(days.slice(2).map(({ date }) => date));
  expect(spend).toMatchObject({ limit: '5 USD', standing: 'warned' });
});

it('is nothing where nothing is told', () => {
  expect(spendOf(undefined)).toBeUndefined();
  expect(spendOf({ days: [null, { usd: 3 }] })).toBeUndefined();
});

it('draws money, or tokens where no price is known, and stands still at nothing', () => {
  expect(heights([day('a', 1), day('b', 4)])).toEqual([25, 100]);
  expect(heights([day('a', 0, 50), day('b', 0, 200)])).toEqual([25, 100]);
  expect(heights([day('a', 0, 0)])).toEqual([0]);
  expect(heights([])).toEqual([]);
});

it('is said in money and tokens', () => {
  expect(sumOf([day('a', 0.5, 41_000), day('b', 0.74, 40_200)], 'en')).toBe('1.24 USD, 81,200 tokens');
});
