/** What a machine or a server tells about itself, checked against the grammar of its kind: no words of theirs get through. */

const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}/;
const PRERELEASE =
  /^-(?:(?:alpha|beta|rc|next|dev|canary|nightly|preview)\.?)?\d{1,14}(?:\.\d{1,6}){0,2}(?![\w-])/;
// Further off is no time of a machine, and far beyond it is no time of the language's either.
const LATEST_MS = Date.UTC(2200, 0);

/** A release: its numbers, and a pre-release where it is of the usual kinds; whatever follows is left out. */
export function toldVersion(text: string): string | undefined {
  const numbers = VERSION.exec(text)?.[0];
  if (numbers === undefined) return undefined;
  return numbers + (PRERELEASE.exec(text.slice(numbers.length))?.[0] ?? '');
}

/** @param ms since the epoch. @returns ISO 8601, or undefined for what is no time. */
export function toldTime(ms: number | undefined): string | undefined {
  return ms !== undefined && ms >= 0 && ms < LATEST_MS ? new Date(ms).toISOString() : undefined;
}

/** `text` where it is one of `known`, else `otherwise`. */
export function toldOneOf<T extends string>(known: readonly T[], text: string, otherwise: T): T {
  return known.find((one) => one === text) ?? otherwise;
}

const PATH = /^\/[^\p{C}]{0,400}$/u;

/** An absolute path of printable characters, without a step back. It may hold words: it is data, and no part of a sentence. */
export function isToldPath(text: string): boolean {
  return PATH.test(text) && !/\/\.\.?(?:\/|$)/.test(text);
}
