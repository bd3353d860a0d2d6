import { afterEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from '../../../src/core/abort.ts';
import { ageMs, systemClock, wakingClock } from '../../../src/core/clock.ts';
import { poll } from '../../../src/core/poll.ts';
import { autoClock, manualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
const waiting = { what: 'a thing', intervalMs: 1_000, factor: 1, maxIntervalMs: 1_000, timeoutMs: 60_000 };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("somebody sets the computer's clock", () => {
  it.each([HOUR, -HOUR])('by %i ms: a wait is as long as it was', async (ms) => {
    const clock = autoClock();
    let looks = 0;
    const polled = poll({ clock, ...waiting }, async () => {
      looks += 1;
      if (looks === 5) clock.setWall(ms);
      return {};
    });
    await expect(polled).rejects.toMatchObject({ code: 'timeout' });
    expect(looks).toBe(61);
  });

  it('a deadline does not pass for it', async () => {
    const clock = manualClock();
    const slow = withDeadline(clock, 30_000, 'it', undefined, async () => {
      clock.setWall(HOUR);
      await clock.sleep(10_000);
      return 'whole';
    });
    await clock.advance(10_000);
    expect(await slow).toBe('whole');
  });

  it('the real clock counts on', () => {
    const before = systemClock.elapsed();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + HOUR);
    expect(systemClock.elapsed() - before).toBeLessThan(HOUR / 2);
  });
});

describe('a computer that sleeps while something is awaited', () => {
  it('has not waited meanwhile, whether or not its clock went on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    let at = 0;
    const clock = wakingClock(() => at);
    const pass = (seconds: number) => {
      for (let beat = 0; beat < seconds; beat++) {
        at += 1_000;
        vi.advanceTimersByTime(1_000);
      }
    };
    let over = false;
    const slept = clock.sleep(30_000).then(() => {
      over = true;
    });
    pass(3);
    at += HOUR;
    vi.advanceTimersByTime(27_000);
    await Promise.resolve();
    expect([over, clock.elapsed()]).toEqual([false, 8_000]);
    pass(22);
    await slept;
    expect(clock.elapsed()).toBe(30_000);
  });

  it('is not woken by beats while nobody waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const clock = wakingClock(() => 0);
    const stop = new AbortController();
    const slept = clock.sleep(1_000, stop.signal);
    expect(vi.getTimerCount()).toBe(2);
    stop.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the age of what was written down', () => {
  const now = Date.parse('2026-11-27T12:00:00Z');
  it.each([
    ['an hour ago', '2026-11-27T11:00:00Z', HOUR],
    ['written when the clock was an hour ahead', '2026-11-27T13:00:00Z', HOUR],
    ['unreadable', 'yesterday', Number.POSITIVE_INFINITY],
  ])('%s', (_, at, age) => {
    expect(ageMs(at, now)).toBe(age);
  });
});
