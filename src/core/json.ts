/**
 * JSON that others wrote. The engine reads any nesting, but whoever walks it afterwards by calling itself (masking, schemas,
 * writing it down again) runs out of stack at some thousand levels: so what is nested deeper than anything real is no JSON.
 */
import { attempt } from './errno.ts';

/** Settings, schemas and replies have about twenty. */
export const MAX_LEVELS = 200;

/** @returns undefined when `text` is missing, no JSON, or nested deeper than `levels`. */
export function parseJson(text: string | undefined, levels = MAX_LEVELS): unknown {
  if (text === undefined || isDeep(text, levels)) return undefined;
  return attempt(() => JSON.parse(text), undefined);
}

/** Whether lists and objects stand in each other deeper than `levels`; read from the text, before anything is built of it. */
export function isDeep(text: string, levels = MAX_LEVELS): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === ']' || char === '}') depth -= 1;
    else if (char === '[' || char === '{') depth += 1;
    if (depth > levels) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return text.length;
}

/** The same of a value. */
export function isDeepValue(value: unknown, levels = MAX_LEVELS): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels + 1) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}
