import { describe, expect, it } from 'vitest';
import { paced } from '../../../src/core/pace.ts';
import { poll } from '../../../src/core/poll.ts';
import { autoClock } from '../../support/manual-clock.ts';

const BOUNDS = { leastMs: 500, mostMs: 3_000 };

describe('questions', () => {
  it('come ever less often while the answer comes at once', async () => {
    const clock = autoClock();
    const asking = paced(clock, BOUNDS);
    const begun = clock.elapsed();
    for (let count = 0; count < 100; count++) await asking(undefined, async () => {});
    expect(clock.elapsed() - begun).toBeGreaterThan(99 * 2_500);
  });

  it('are not delayed where the other side takes its time', async () => {
    const clock = autoClock();
    const asking = paced(clock, BOUNDS);
    const begun = clock.elapsed();
    for (let count = 0; count < 10; count++) await asking(undefined, () => clock.sleep(2_000));
    expect(clock.elapsed() - begun).toBe(20_000);
  });
});

describe('a pause that the other side asks for', () => {
  const waiting = { what: 'a thing', intervalMs: 100, maxIntervalMs: 1_000, timeoutMs: 60_000 };
  it.each([
    ['may not make us hurry', 1, 60],
    ['may not make us forget', 1e12, 6],
  ])('%s', async (_, askedMs, most) => {
    const clock = autoClock(60_000);
    let looks = 0;
    const polled = poll({ clock, ...waiting }, async () => {
      looks += 1;
      return { askedMs };
    });
    await expect(polled).rejects.toMatchObject({ code: 'timeout' });
    expect(Math.abs(looks - most)).toBeLessThan(8);
  });
});
