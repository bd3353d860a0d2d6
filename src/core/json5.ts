/** JSON as people write it: with comments, bare keys and trailing commas, by the very library that OpenClaw reads it with. */
import parseAny from 'json5/lib/parse.js';

/** @returns undefined when `text` is neither JSON nor JSON5. */
export function parseJson5(text: string): unknown {
  // Windows editors begin a file so; no parser takes it.
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return parseJson(plain) ?? unlessBroken(() => parseAny(plain));
}

/** @returns undefined when `text` is no JSON. */
export function parseJson(text: string): unknown {
  return unlessBroken(() => JSON.parse(text));
}

function unlessBroken(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
