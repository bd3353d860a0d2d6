/** JSON as people write it: with comments, bare keys and trailing commas, by the very library that OpenClaw reads it with. */
import parseAny from 'json5/lib/parse.js';
import { isDeepValue, parseJson } from './json.ts';

/** @returns undefined when `text` is neither JSON nor JSON5, or nested deeper than anything real. */
export function parseJson5(text: string): unknown {
  // Windows editors begin a file so; no parser takes it.
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return parseJson(plain) ?? unlessBroken(() => parseAny(plain));
}

function unlessBroken(parse: () => unknown): unknown {
  try {
    const value = parse();
    return isDeepValue(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
