/** Durations as the API takes them, and the idle clock behind autosleep. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { IdleTimer } from '../../../src/local/machines/idle-timer.ts';
import { parseAutosleep } from '../../../src/local/machines/model.ts';
import { manualClock } from '../../support/manual-clock.ts';

describe('an autosleep duration', () => {
  it.each([
    ['30s', 30],
    ['30m', 1_800],
    ['2h', 7_200],
    ['7d3h4s', 615_604],
    ['1w3d', 864_000],
    ['1800', 1_800],
    ['never', 0],
  ])('%s is %i seconds', (text, seconds) => expect(parseAutosleep(text)).toBe(seconds));

  it.each(['', '0', '0s', '5', 'soon', '4s7d', '1.5h', '-3', '3 h', 'Never'])(
    '%j is one only if it says so',
    (text) => {
      expect(parseAutosleep(text)).toBe(text === '5' ? 5 : undefined);
    },
  );
});

describe('the idle timer', () => {
  it('waits from the last touch, longer than one timer can, and not at all for 0', async () => {
    const clock = manualClock();
    let fired = 0;
    const timer = new IdleTimer({ clock, log: silentLog, quiet: async () => {}, onIdle: () => (fired += 1) });
    timer.arm(40 * 86_400);
    for (let day = 0; day < 39; day += 1) await clock.advance(86_400_000);
    timer.touch();
    await clock.advance(86_400_000);
    expect(fired).toBe(0);
    for (let day = 0; day < 39; day += 1) await clock.advance(86_400_000);
    expect(fired).toBe(1);
    timer.arm(0);
    expect(clock.waiting()).toBe(0);
  });
});
