/**
 * Removes every known secret from text: as it is, wrapped, escaped, encoded, or a piece of it. One pass over the text for
 * each form, whatever the text is. Imports nothing but its two parts: the program on the machine masks with the same code.
 */
import { PieceFinder, type Span } from './redact-pieces.ts';
import { dumpStreams, hexStream, plainStream, urlSafeAsPlain } from './redact-streams.ts';

const MASK = '[redacted]';
// A shorter value is no secret and would eat ordinary words.
const MIN_SECRET_LENGTH = 8;
// Of these lengths a piece is searched for: eight characters, or as many bytes in hex, or about as many in base64.
const PLAIN_PIECE = 8;
const HEX_PIECE = 16;
const BASE64_PIECE = 10;
// A piece that could be words counts only when it is as long as this, or all there is.
const WORDY_PIECE = 16;
// Where a file lies, or an address: parts of it stand in many texts, so only the whole of it counts.
const PLACE = /^(?:[~.]{0,2}\/|[A-Za-z]:\\|[a-z][a-z0-9+.-]*:\/\/)/;
// Shapes of well-known keys, for secrets that we were never told (a key pasted into a chat, one in a log line).
const KEY_SHAPES: readonly RegExp[] = [
  /\b(?:sk|dsk|rk|pk)-[A-Za-z0-9_-]{16,}/g,
  /\bAIza[0-9A-Za-z_-]{30,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\bxapp-[A-Za-z0-9-]{10,}/g,
  /\b\d{8,10}:[A-Za-z0-9_-]{30,}/g,
  /\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*/g,
];

/** Of those that are pasted into messages; the program on a machine, whose words come by here, goes without these. */
const PASTED_SHAPES: readonly RegExp[] = [
  /\b(?:gsk_|hf_|npm_|r8_|xai-|[sr]k_(?:live|test)_)[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/g,
  // Its begin alone is only spoken of; of one that is cut, what looks like its lines.
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?:(?!-----)[\s\S]){0,16384}-----END [A-Z ]{0,30}PRIVATE KEY-----|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{40,})*)/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
];

/** Replaces secrets in text. */
export type Redact = (text: string) => string;

/** A redactor that learns of further secrets while it is in use. */
export interface SecretKeeper {
  redact: Redact;
  /** Every secret that is known by now. */
  known(): readonly string[];
  /** From now on `secret` is removed too. */
  learn(secret: string): void;
}

export function secretKeeper(initial: Iterable<string>): SecretKeeper {
  const known = new Set(initial);
  let current = redactor(known);
  return {
    redact: (text) => shapeless(current(text), PASTED_SHAPES),
    known: () => [...known],
    learn(secret) {
      known.add(secret);
      current = redactor(known);
    },
  };
}

/** Builds a redactor for the given secret values; values of under 8 characters are ignored. */
export function redactor(secrets: Iterable<string>): Redact {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  const find = finder(known);
  // Of a word in another script the streams leave nothing.
  const literals = known.filter((secret) => plainStream(secret).length < PLAIN_PIECE);
  return (text) => {
    let out = masked(text, known.length === 0 ? [] : find(text));
    for (const literal of literals) out = out.replaceAll(literal, MASK);
    return shapeless(out, KEY_SHAPES);
  };
}

function shapeless(text: string, shapes: readonly RegExp[]): string {
  return shapes.reduce((out, shape) => out.replace(shape, MASK), text);
}

/** Where in a text these secrets stand, in any form. */
function finder(secrets: readonly string[]): (text: string) => Span[] {
  const plain = new PieceFinder(PLAIN_PIECE);
  const hex = new PieceFinder(HEX_PIECE);
  const base64 = new PieceFinder(BASE64_PIECE);
  for (const secret of secrets) {
    const bytes = Buffer.from(secret, 'utf8');
    const place = PLACE.test(secret);
    const least = (of: { length: number }, otherwise: number) => (place ? of.length : otherwise);
    const own = plainStream(secret);
    plain.learn(own, (piece) => least(own, looksRandom(piece) ? PLAIN_PIECE : WORDY_PIECE));
    const digits = plainStream(bytes.toString('hex'));
    hex.learn(digits, () => least(digits, HEX_PIECE), 2);
    for (const core of base64Cores(bytes)) {
      const letters = plainStream(core);
      base64.learn(letters, () => least(letters, BASE64_PIECE));
    }
  }
  return (text) => {
    const all = plainStream(text);
    const { digits, print } = dumpStreams(text);
    return [
      ...plain.in(all),
      ...base64.in(urlSafeAsPlain(all)),
      ...hex.in(hexStream(all)),
      ...hex.in(digits),
      ...plain.in(print),
    ];
  };
}

/** Digits among letters, or capitals among small ones: what no word of a language has. */
function looksRandom(piece: string): boolean {
  if (/\d/.test(piece)) return /[A-Za-z]/.test(piece);
  return /[A-Z].*[A-Z]/.test(piece) && /[a-z].*[a-z]/.test(piece);
}

/** Base64 of the secret at each of the three alignments, without the edge characters that its neighbours change. */
export function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = offset === 0 ? 0 : offset + 1;
    return encoded.slice(start, (offset + bytes.length) % 3 === 0 ? undefined : -1);
  });
}

/** `text` with each of the spans, which may overlap, as one mask. */
function masked(text: string, spans: Span[]): string {
  const kept: string[] = [];
  let end = 0;
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    if (span.start >= end) kept.push(text.slice(end, span.start), MASK);
    end = Math.max(end, span.end);
  }
  return kept.join('') + text.slice(end);
}

/** `redact` applied to every string inside a JSON-like value, keys included. */
export function redactDeep(redact: Redact, value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(redact, item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [redact(k), redactDeep(redact, v)]));
}
