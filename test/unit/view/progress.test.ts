/** The bar moves as long as work goes on, never to its end before that, and a person reads its numbers. */
import { expect, it } from 'vitest';
import { segments } from '../../../src/view/progress.ts';
import { operationOf } from '../../../src/view/told/operation.ts';
import { autosleepOf, durationOf, sizeOf, timeOf } from '../../../src/view/told/words.ts';

const stages = [
  { name: 'create', seconds: 10 },
  { name: 'install', seconds: 30 },
];

function bar(status: string, waited: number) {
  const operation = operationOf({ operation_id: 'deploy_1', kind: 'deploy', status, stages });
  if (operation === undefined) throw new Error('not an operation');
  const parts = segments(operation, waited);
  return { parts, percent: parts.reduce((sum, part) => sum + part.percent, 0) };
}

it('moves with the time and stays below its end while work goes on', () => {
  const at = [0, 5, 60, 600].map((waited) => bar('running', waited).percent);
  expect([...at].sort((a, b) => a - b)).toEqual(at);
  expect(new Set(at).size).toBe(at.length);
  expect(at.at(-1)).toBeLessThanOrEqual(100);
  expect(at[1]).toBeLessThan(70);
});

it('gives the time that passes to the stage at work alone', () => {
  const { parts } = bar('running', 5);
  expect(parts).toMatchObject([
    { name: 'create', seconds: 10, live: false },
    { name: 'install', seconds: 35, live: true },
  ]);
});

it('is full when work has ended, each stage in its share', () => {
  expect(bar('done', 99).parts).toMatchObject([
    { percent: 25, live: false },
    { percent: 75, live: false },
  ]);
});

it('is empty where nothing has begun', () => {
  const operation = operationOf({ operation_id: 'deploy_1', status: 'running' });
  expect(operation && segments(operation, 3)).toEqual([]);
});

it.each([
  [8.9, '8 s'],
  [72, '1 min 12 s'],
  [120, '2 min'],
  [11_100, '3 h 5 min'],
  [800_000, '9 d'],
  [-3, '0 s'],
])('%d seconds are %s', (seconds, words) => expect(durationOf(seconds)).toBe(words));

it('says sizes, autosleep and times as a person would', () => {
  expect([0, 999, 1_432_117, 5e9, 7e13].map(sizeOf)).toEqual([
    '0 B',
    '999 B',
    '1.4 MB',
    '5.0 GB',
    '70000.0 GB',
  ]);
  expect([undefined, 0, 1800].map(autosleepOf)).toEqual(['unknown', 'never', 'after 30 min']);
  expect(timeOf('not a time')).toBe('not a time');
  expect(timeOf('2026-11-27T12:00:00Z', 'en')).toMatch(/^Nov 2[678], /);
});
