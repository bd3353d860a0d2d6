/**
 * How often the end of a turn is asked for: ever less often, so that a long turn does not cost requests by its seconds,
 * and the wait after its reply stays small against the turn.
 */

/** By how long the turn has run: from there on, the pause grows by this share of every further millisecond. */
const STEPS = [
  { fromMs: 0, pauseMs: 400, growth: 0 },
  { fromMs: 2_400, pauseMs: 400, growth: 0.06 },
  { fromMs: 8_000, pauseMs: 736, growth: 0.045 },
] as const;
const MAX_PAUSE_MS = 2_300;

/** The pause before the next question about the end of a turn that has run `turnMs`. */
export function pauseAfter(turnMs: number): number {
  const step = STEPS.findLast(({ fromMs }) => turnMs >= fromMs) ?? STEPS[0];
  return Math.min(step.pauseMs + (turnMs - step.fromMs) * step.growth, MAX_PAUSE_MS);
}

/** The pause before the text so far is fetched for somebody who watches; each costs three requests. */
export const textPauseAfter = (turnMs: number): number => Math.max(2_500, turnMs * 0.15);
