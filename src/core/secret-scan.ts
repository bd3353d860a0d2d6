/** Finds known secrets in the bytes of a file that is about to leave: as they are, and as hex or base64, wrapped or not. */
import { base64Cores } from './redact.ts';

// A shorter value is no secret and would be found in ordinary files.
const MIN_SECRET_LENGTH = 8;

export interface SecretScan {
  /** Whether a secret ends in these bytes, which follow those of the calls before. */
  finds(bytes: Uint8Array): boolean;
}

/** @param secrets values of under eight characters are ignored. */
export function secretScan(secrets: Iterable<string>): SecretScan {
  const forms = [...new Set([...secrets].flatMap(formsOf))].map((form) => printed(Buffer.from(form)));
  const longest = Math.max(1, ...forms.map(({ length }) => length));
  let carried = Buffer.alloc(0);
  return {
    finds(bytes) {
      const seen = Buffer.concat([carried, printed(bytes)]);
      carried = Buffer.from(seen.subarray(Math.max(0, seen.length - longest + 1)));
      return forms.some((form) => seen.includes(form));
    },
  };
}

/** Without spaces, line ends and NUL: a key may be wrapped, or written with two bytes for each letter. */
const printed = (bytes: Uint8Array): Buffer => Buffer.from(bytes.filter((byte) => byte > 0x20));

function formsOf(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const cores = base64Cores(bytes);
  const urlSafe = cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, hex, hex.toUpperCase(), ...cores, ...urlSafe];
}
