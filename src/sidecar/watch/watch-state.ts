/** What to do about a gateway, decided from looks at it: without a clock, a process or a file, so that it can be told in full. */
import type { KeptEvent, Why } from './events.ts';

/**
 * - unwanted: nobody wants one to run, or its machine falls asleep
 * - well · busy: it starts, drains or is suspended, which takes as long as it takes
 * - stale: it says that it is well, and answers no chat since a disk was full
 */
export type Look =
  | { is: 'unwanted' }
  | { is: 'well' | 'busy' | 'stale' | 'deaf'; identity: string }
  | { is: 'gone'; identity: string; why: Extract<Why, 'ended' | 'out_of_memory' | 'refused'> };

export interface Watch {
  /** Looks in a row at which it did not answer. */
  deaf: number;
  /** When it ended by itself, or a start of ours failed: milliseconds of a clock that never jumps. */
  ends: readonly number[];
  /** When it was last replaced. */
  replaced: number | undefined;
  /** Which one is to be started anew, and when. */
  due: { identity: string; at: number } | undefined;
  /** Which one is left as it is. */
  left: string | undefined;
}

export type Act = { do: 'start' | 'replace' | 'leave'; why: Why };

/** Not a minute by the clock: a machine may have been frozen. */
const DEAF_LOOKS = 12;
const WINDOW_MS = 10 * 60_000;
/** Before each start within the window; then it is left. */
const PAUSES_MS = [1_000, 10_000, 40_000];

export const newWatch: Watch = { deaf: 0, ends: [], replaced: undefined, due: undefined, left: undefined };

/** @param now milliseconds of a clock that never jumps. */
export function decide(watch: Watch, look: Look, now: number): { watch: Watch; act?: Act } {
  const calm = { ...watch, deaf: 0, due: undefined };
  if (look.is === 'unwanted' || look.is === 'well' || look.is === 'busy') return { watch: calm };
  if (look.is === 'gone') return afterEnd({ ...watch, deaf: 0 }, look, now);
  const deaf = look.is === 'deaf' ? watch.deaf + 1 : 0;
  const tooEarly = look.is === 'deaf' && deaf < DEAF_LOOKS;
  const lately = watch.replaced !== undefined && now - watch.replaced < WINDOW_MS;
  if (tooEarly || lately) return { watch: { ...calm, deaf } };
  const why = look.is === 'deaf' ? 'deaf' : 'full_disk';
  return { watch: { ...calm, replaced: now }, act: { do: 'replace', why } };
}

function afterEnd(watch: Watch, look: Look & { is: 'gone' }, now: number): { watch: Watch; act?: Act } {
  const { identity, why } = look;
  if (watch.left === identity) return { watch };
  if (watch.due?.identity === identity) {
    if (now < watch.due.at) return { watch };
    return { watch: { ...watch, due: undefined }, act: { do: 'start', why } };
  }
  const ends = [...watch.ends.filter((at) => now - at < WINDOW_MS), now];
  const pause = PAUSES_MS[ends.length - 1];
  if (pause === undefined || why === 'refused') {
    return { watch: { ...watch, ends, left: identity }, act: { do: 'leave', why } };
  }
  return { watch: { ...watch, ends, due: { identity, at: now + pause } } };
}

/** Where another one watched before: what it had counted goes on. @param wall milliseconds since the epoch. */
export function continued(events: readonly KeptEvent[], now: number, wall: number): Watch {
  const recent = events.map((event) => ({ ...event, ago: Math.abs(wall - event.at) }));
  const last = events.at(-1);
  const when = (did: (event: KeptEvent) => boolean) =>
    recent.filter((event) => event.ago < WINDOW_MS && did(event)).map(({ ago }) => now - ago);
  return {
    ...newWatch,
    ends: when(({ why }) => why !== 'deaf' && why !== 'full_disk'),
    replaced: when(({ why }) => why === 'deaf' || why === 'full_disk').at(-1),
    left: last?.did === 'left_down' ? last.identity : undefined,
  };
}
