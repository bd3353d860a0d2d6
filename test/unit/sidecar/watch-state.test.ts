/** What is decided about a gateway, look by look, on a clock of numbers. */
import { expect, it } from 'vitest';
import {
  continued,
  decide,
  type Look,
  newWatch,
  type Watch,
} from '../../../src/sidecar/watch/watch-state.ts';

const MINUTE = 60_000;
const LOOK = 5_000;
const well: Look = { is: 'well', identity: 'a' };
const deaf: Look = { is: 'deaf', identity: 'a' };
const gone = (identity: string, why: 'ended' | 'out_of_memory' | 'refused' = 'ended'): Look => ({
  is: 'gone',
  identity,
  why,
});

/** Looks every five seconds from `from` on; what was done, and when. */
function watched(looks: readonly Look[], watch: Watch = newWatch, from = 0) {
  const acts: { at: number; do: string; why: string }[] = [];
  let now = from;
  for (const look of looks) {
    const decided = decide(watch, look, now);
    watch = decided.watch;
    if (decided.act) acts.push({ at: now, ...decided.act });
    now += LOOK;
  }
  return { acts, watch, now };
}
const times = (look: Look, count: number) => Array.from({ length: count }, () => look);

/** Looks at one that is gone until something is done about it. */
function ended(identity: string, watch: Watch = newWatch, from = 0) {
  for (let looks = 1; ; looks++) {
    const seen = watched(times(gone(identity), looks), watch, from);
    const [act] = seen.acts;
    if (act) return { did: act.do, after: act.at - from, watch: seen.watch, now: seen.now };
  }
}

it('a gateway that ended is started again after a pause that grows, three times in ten minutes, then left', () => {
  const first = ended('a');
  const second = ended('b', first.watch, first.now);
  const third = ended('c', second.watch, second.now);
  const fourth = ended('d', third.watch, third.now);
  expect([first, second, third, fourth]).toMatchObject([
    { did: 'start', after: LOOK },
    { did: 'start', after: 2 * LOOK },
    { did: 'start', after: 8 * LOOK },
    { did: 'leave', after: 0 },
  ]);
  const still = watched(times(gone('d'), 1000), fourth.watch, fourth.now);
  expect(still.acts).toEqual([]);
  expect(ended('e', still.watch, still.now)).toMatchObject({ did: 'start', after: LOOK });
});

it('ends that are further apart are each mended', () => {
  let watch = newWatch;
  for (let end = 0; end < 6; end++) {
    const seen = ended(`g${end}`, watch, end * 6 * MINUTE);
    expect(seen.did).toBe('start');
    watch = seen.watch;
  }
});

it('settings that it refuses are not tried again; want of memory is', () => {
  expect(watched(times(gone('a', 'refused'), 20)).acts).toMatchObject([{ do: 'leave', why: 'refused' }]);
  expect(watched(times(gone('a', 'out_of_memory'), 3)).acts).toMatchObject([
    { do: 'start', why: 'out_of_memory' },
  ]);
});

it('a start that came to nothing is tried again, and counts', () => {
  const { acts } = watched(times(gone('a'), 40));
  expect(acts.map((act) => act.do)).toEqual(['start', 'start', 'start', 'leave']);
});

it('a deaf one is replaced after twelve looks in a row, and once in ten minutes', () => {
  expect(watched([...times(deaf, 11), well, ...times(deaf, 11)]).acts).toEqual([]);
  const { acts } = watched(times(deaf, 12 + 2 * 120 + 1));
  expect(acts).toMatchObject([
    { do: 'replace', why: 'deaf', at: 11 * LOOK },
    { do: 'replace', at: 11 * LOOK + 10 * MINUTE },
    { do: 'replace', at: 11 * LOOK + 20 * MINUTE },
  ]);
});

it('a machine that was frozen for an hour has looked once', () => {
  const before = watched(times(deaf, 3));
  expect(watched(times(deaf, 3), before.watch, before.now + 60 * MINUTE).acts).toEqual([]);
});

it('starting, draining and suspended are waited for without end', () => {
  expect(
    watched([...times(deaf, 6), ...times({ is: 'busy', identity: 'a' }, 500), ...times(deaf, 6)]).acts,
  ).toEqual([]);
});

it('one that answers no chat since a disk was full is started anew once', () => {
  expect(watched(times({ is: 'stale', identity: 'a' }, 30)).acts).toMatchObject([
    { do: 'replace', why: 'full_disk', at: 0 },
  ]);
});

it('what nobody wants to run is left alone, also when it was due', () => {
  const { watch } = watched([gone('a')]);
  expect(watched(times({ is: 'unwanted' }, 10), watch, LOOK).acts).toEqual([]);
});

it('another watcher goes on counting where the one before was killed', () => {
  const wall = Date.parse('2026-11-27T12:00:00Z');
  const event = (ago: number, did: 'restarted' | 'left_down', identity: string) => {
    return { at: wall - ago, why: 'ended' as const, did, identity };
  };
  const three = [3, 2, 1].map((minutes) => event(minutes * MINUTE, 'restarted', 'x'));
  const later = continued(three, 1_000, wall);
  expect(watched(times(gone('a'), 3), later, 1_000).acts).toMatchObject([{ do: 'leave' }]);
  const left = continued([event(30 * MINUTE, 'left_down', 'a')], 1_000, wall);
  expect(watched(times(gone('a'), 30), left, 1_000).acts).toEqual([]);
  const old = continued([event(30 * MINUTE, 'restarted', 'x')], 1_000, wall);
  expect(old.ends).toEqual([]);
});
