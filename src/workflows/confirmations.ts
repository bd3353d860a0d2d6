/** Consent in two calls: what the first call showed is signed, and the second must bring that signature back. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isErrno, readIfThere, withFileLock, writePrivate } from '../core/files.ts';
import { checkToken, mintToken, type Signed, type TokenVerdict } from '../core/signed-token.ts';

/** Long enough to ask a person, short enough that what was shown is still true. */
export const CONFIRMATION_MS = 10 * 60 * 1000;

export interface Confirmation {
  token: string;
  /** ISO time. */
  expiresAt: string;
}

export interface Confirmations {
  /** Signs what was shown. */
  give(shown: Signed): Promise<Confirmation>;
  /** @throws AppError `invalid_input` or `conflict` that says why the token does not count. */
  require(token: string, present: Signed): Promise<void>;
}

/** @param stateDir keeps the signing key, 0600, so that any process of this user may check what another one gave. */
export function confirmations(stateDir: string, clock: Clock): Confirmations {
  return {
    async give(shown) {
      const expiresAt = clock.now() + CONFIRMATION_MS;
      const token = mintToken(await signingKey(stateDir, clock), shown, expiresAt);
      return { token, expiresAt: new Date(expiresAt).toISOString() };
    },
    async require(token, present) {
      const verdict = checkToken(await signingKey(stateDir, clock), token, present, clock.now());
      if (verdict !== 'valid') throw refusal(verdict);
    },
  };
}

const AGAIN = 'Call it again without confirmation, show the person the new plan, and pass its confirmation.';

function refusal(verdict: Exclude<TokenVerdict, 'valid'>): AppError {
  switch (verdict) {
    case 'foreign':
      return new AppError('invalid_input', 'Nothing was done: this confirmation was not given for this', {
        next: AGAIN,
      });
    case 'expired':
      return new AppError('invalid_input', 'Nothing was done: this confirmation is older than ten minutes', {
        next: AGAIN,
      });
    case 'changed':
      return new AppError('conflict', 'Nothing was done: this changed after the confirmation was given', {
        next: AGAIN,
      });
  }
}

const KEY = /^[0-9a-f]{64}\n$/;

/** Made once. A key that others could read proves nothing and is replaced. */
function signingKey(stateDir: string, clock: Clock): Promise<Uint8Array> {
  const file = join(stateDir, 'confirmation.key');
  return withFileLock(clock, `${file}.lock`, async () => {
    const kept = (await isPrivate(file)) ? await readIfThere(file) : undefined;
    if (kept !== undefined && KEY.test(kept)) return Buffer.from(kept.trim(), 'hex');
    const fresh = randomBytes(32);
    await writePrivate(file, `${fresh.toString('hex')}\n`);
    return fresh;
  });
}

async function isPrivate(file: string): Promise<boolean> {
  try {
    const { mode } = await stat(file);
    // Windows has no such bits; its profile folder is its owner's alone.
    return process.platform === 'win32' || (mode & 0o077) === 0;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
