/** Short-lived proof that this server itself said something about a subject in a certain state. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What is signed: `state` may be any text; only its fingerprint travels in the token. */
export interface Signed {
  subject: string;
  state: string;
}

/**
 * - valid: made with this key for this subject in this state, and not yet old
 * - foreign: not made with this key, or for another subject
 * - expired: its time is over, or further ahead than any that is given now: the clock ran ahead then
 * - changed: the subject is no longer in the state that it was made for
 */
export type TokenVerdict = 'valid' | 'foreign' | 'expired' | 'changed';

// A clock that was set back a little since is no reason to refuse.
const SET_BACK_MS = 60_000;

// Expiry in base 36, the state's fingerprint, the signature.
const TOKEN = /^([0-9a-z]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{32})$/;

/** @param expiresAt milliseconds since the epoch. */
export function mintToken(key: Uint8Array, { subject, state }: Signed, expiresAt: number): string {
  const expiry = expiresAt.toString(36);
  const print = fingerprint(state);
  return `${expiry}.${print}.${signature(key, [subject, expiry, print])}`;
}

/**
 * @param now milliseconds since the epoch.
 * @param lifeMs for how long a token is given.
 */
export function checkToken(
  key: Uint8Array,
  token: string,
  { subject, state }: Signed,
  now: number,
  lifeMs: number,
): TokenVerdict {
  const [, expiry = '', print = '', signed = ''] = TOKEN.exec(token) ?? [];
  const expected = signature(key, [subject, expiry, print]);
  if (signed.length !== expected.length || !timingSafeEqual(Buffer.from(signed), Buffer.from(expected))) {
    return 'foreign';
  }
  const expiresAt = Number.parseInt(expiry, 36);
  if (now >= expiresAt || expiresAt - now > lifeMs + SET_BACK_MS) return 'expired';
  return print === fingerprint(state) ? 'valid' : 'changed';
}

function signature(key: Uint8Array, facts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

function fingerprint(state: string): string {
  return createHash('sha256').update(state).digest('hex').slice(0, 16);
}
