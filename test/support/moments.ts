/** Moments at which something is killed: spread over its whole duration, and the same again for the same seed. */

/** How many kills of each kind: a few in every run, and as many as `npm run soak` asks for. */
export const KILLS = Number(process.env.OPENCLAW_MCP_KILLS ?? 5);
export const SEED = Number(process.env.OPENCLAW_MCP_SEED ?? Date.now() % 100_000);

/** Numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One moment in each of `count` equal parts of `duration`. */
export function moments(duration: number, count: number): number[] {
  const next = random(SEED);
  return Array.from({ length: count }, (_, part) => (duration * (part + next())) / count);
}
