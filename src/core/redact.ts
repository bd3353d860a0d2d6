/** Removes every known secret from whatever leaves the server, in all the spellings in which it could leave. */

const MASK = '[redacted]';
// A shorter value is no secret and would eat ordinary words.
const MIN_SECRET_LENGTH = 8;
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

/** Replaces secrets in text. */
export type Redact = (text: string) => string;

/** A redactor that learns of further secrets while it is in use. */
export interface SecretKeeper {
  redact: Redact;
  /** From now on `secret` is removed too. */
  learn(secret: string): void;
}

export function secretKeeper(initial: Iterable<string>): SecretKeeper {
  const known = new Set(initial);
  let current = redactor(known);
  return {
    redact: (text) => current(text),
    learn(secret) {
      known.add(secret);
      current = redactor(known);
    },
  };
}

/** Builds a redactor for the given secret values; values of under 8 characters are ignored. */
export function redactor(secrets: Iterable<string>): Redact {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  const needles = [...new Set(known.flatMap(spellings))];
  // Longest first: a JSON-escaped form contains parts of the raw one.
  needles.sort((a, b) => b.length - a.length);
  return (text) => {
    let out = text;
    for (const needle of needles) out = out.replaceAll(needle, MASK);
    for (const secret of known) out = withoutEdges(out, secret);
    for (const shape of KEY_SHAPES) out = out.replace(shape, MASK);
    return out;
  };
}

// What is left of a secret where a cap has cut through it: enough of it to be no accident.
const EDGE_LENGTH = 16;

/** Removes a beginning or an end of `secret` that stands alone. */
function withoutEdges(text: string, secret: string): string {
  if (secret.length < EDGE_LENGTH * 1.5) return text;
  const first = secret.slice(0, EDGE_LENGTH);
  const last = secret.slice(-EDGE_LENGTH);
  let out = text;
  for (let at = out.indexOf(first); at >= 0; at = out.indexOf(first, at + MASK.length)) {
    let end = EDGE_LENGTH;
    while (end < secret.length && out[at + end] === secret[end]) end += 1;
    out = `${out.slice(0, at)}${MASK}${out.slice(at + end)}`;
  }
  for (let at = out.indexOf(last); at >= 0; at = out.indexOf(last)) {
    let begin = 0;
    while (at - begin > 0 && out[at - begin - 1] === secret[secret.length - EDGE_LENGTH - begin - 1])
      begin += 1;
    out = `${out.slice(0, at - begin)}${MASK}${out.slice(at + EDGE_LENGTH)}`;
  }
  return out;
}

/** `redact` applied to every string inside a JSON-like value, keys included. */
export function redactDeep(redact: Redact, value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(redact, item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [redact(k), redactDeep(redact, v)]));
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // Inside a string of a document that is itself a string, as log lines of JSON hold them.
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64Cores(bytes),
  ].filter((s) => s.length >= MIN_SECRET_LENGTH);
}

/** Base64 of the secret at each of the three alignments, without the edge characters that its neighbours change. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = offset === 0 ? 0 : offset + 1;
    const end = (offset + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    const core = encoded.slice(start, end);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
