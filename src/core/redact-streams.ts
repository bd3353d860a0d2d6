/** Text without what wraps, escapes or lays it out, character by character with its place in the text that it came from. */

/** Visible ASCII characters of a text, decoded, each with the part of the text that it stands for. */
export interface Stream {
  readonly length: number;
  readonly codes: Uint16Array;
  /** Where in the text each begins. */
  readonly from: Uint32Array;
  /** Where in the text each ends. */
  readonly to: Uint32Array;
}

/** Collects a stream of at most `size` characters. */
class Collected implements Stream {
  length = 0;
  readonly codes: Uint16Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;

  constructor(size: number) {
    this.codes = new Uint16Array(size);
    this.from = new Uint32Array(size);
    this.to = new Uint32Array(size);
  }

  /** Only what is visible: blanks wrap, and other scripts are spelled in too many ways. */
  add(code: number, from: number, to: number): void {
    if (code <= 0x20 || code >= 0x7f) return;
    this.codes[this.length] = code;
    this.from[this.length] = from;
    this.to[this.length] = to;
    this.length += 1;
  }

  /** One character for those of `stream` from `start` to `end`: the first of them, or another. */
  take({ codes, from, to }: Stream, start: number, end: number, code = codes[start] ?? 0): void {
    this.add(code, from[start] ?? 0, to[end - 1] ?? 0);
  }
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const LETTER = { n: 0x6e, r: 0x72, t: 0x74, u: 0x75, x: 0x78 } as const;

/**
 * Without white space, however it is written; `\\u0041`, `\\x41` and `%41` as the character, and no other backslash: how
 * often a text was escaped, as JSON or as a part of a URL, and where it was wrapped then, makes no difference.
 */
export function plainStream(text: string): Stream {
  const all = new Collected(text.length);
  for (let at = 0; at < text.length; at++) all.add(text.charCodeAt(at), at, at + 1);
  // What was escaped may hold what was quoted, and the other way round.
  return unquoted(unescaped(unquoted(all)));
}

/** With each `%41` as its character; `%252F` is `%2F` quoted once more. */
function unquoted(stream: Stream): Stream {
  const { codes, length } = stream;
  if (codes.indexOf(PERCENT) < 0) return stream;
  const out = new Collected(length);
  for (let at = 0; at < length; ) {
    const start = at;
    at += 1;
    if (codes[start] !== PERCENT) out.take(stream, start, at);
    else {
      while (codes[at] === 0x32 && codes[at + 1] === 0x35) at += 2;
      const code = hexAt(codes, at, 2);
      if (code !== undefined) at += 2;
      out.take(stream, start, at, code ?? PERCENT);
    }
  }
  return out;
}

/** With each `\\u0041` and `\\x41` as its character, without what stands for white space, and without other backslashes. */
function unescaped(stream: Stream): Stream {
  const { codes, length } = stream;
  if (codes.indexOf(BACKSLASH) < 0) return stream;
  const out = new Collected(length);
  for (let at = 0; at < length; ) {
    const start = at;
    while (codes[at] === BACKSLASH) at += 1;
    const kind = codes[at];
    at += 1;
    if (at - start === 1) out.take(stream, start, at);
    else if (kind === LETTER.u || kind === LETTER.x) {
      const digits = kind === LETTER.u ? 4 : 2;
      const code = hexAt(codes, at, digits);
      if (code !== undefined) at += digits;
      out.take(stream, start, at, code ?? kind);
    } else if (kind !== LETTER.n && kind !== LETTER.r && kind !== LETTER.t && at <= length) {
      out.take(stream, at - 1, at);
    }
  }
  return out;
}

function hexAt(codes: Uint16Array, at: number, digits: number): number | undefined {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const digit = hexDigit(codes[index] ?? 0);
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

/** -1 for any other character, and behind the end. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** In small letters, without `0x` and what stands between bytes. */
export function hexStream(stream: Stream): Stream {
  const out = new Collected(stream.length);
  const is = (at: number, letter: number) => ((stream.codes[at] ?? 0) | 0x20) === letter;
  for (let at = 0; at < stream.length; at++) {
    const code = stream.codes[at] ?? 0;
    if (code === 0x3a || code === 0x2c || code === 0x2d) continue;
    if (code === 0x30 && is(at + 1, 0x78)) at += 1;
    else out.add(hexDigit(code) > 9 ? code | 0x20 : code, stream.from[at] ?? 0, stream.to[at] ?? 0);
  }
  return out;
}

/** With the two characters of base64 for URLs as those of the ordinary one. */
export function urlSafeAsPlain(stream: Stream): Stream {
  const codes = stream.codes.map((code) => (code === 0x2d ? 0x2b : code === 0x5f ? 0x2f : code));
  return { ...stream, length: stream.length, codes };
}

// An offset, bytes in hex, and the rest. What is printed may begin like more bytes, so their number is counted below.
const DUMP_LINE =
  /^[ \t]*[0-9a-f]{4,16}:?[ \t]{1,4}((?:(?:[0-9a-f]{2}){1,4}(?![^ \t\r\n])[ \t]{0,2})+)(.*)$/gim;
const DIGITS_PER_LINE = 32;

/** The hex and the printed column of dumps (`xxd`, `hexdump -C`, `od -tx1`), each over all of their lines. */
export function dumpStreams(text: string): { digits: Stream; print: Stream } {
  const lines = [...text.matchAll(DUMP_LINE)];
  const size = lines.reduce((sum, { 0: line }) => sum + line.length, 0);
  const digits = new Collected(size);
  const print = new Collected(size);
  for (const { index, 0: line, 1: bytes = '', 2: rest = '' } of lines) {
    const end = index + line.length;
    const before = digits.length;
    let at = end - rest.length - bytes.length;
    for (; at < end - rest.length && digits.length - before < DIGITS_PER_LINE; at++) {
      const code = text.charCodeAt(at);
      digits.add(hexDigit(code) > 9 ? code | 0x20 : code, at, at + 1);
    }
    const [, open = '', shown = ''] = /^(\s*\|?)(.*?)\|?\s*$/.exec(text.slice(at, end)) ?? [];
    const first = at + open.length;
    for (let next = first; next < first + shown.length; next++) {
      print.add(text.charCodeAt(next), next, next + 1);
    }
  }
  return { digits, print };
}
