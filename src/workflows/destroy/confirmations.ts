/** Consent in two calls: what the first call showed is signed, and the second must bring that signature back. */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { checkToken, mintToken, type Signed, type TokenVerdict } from '../../core/signed-token.ts';
import { computerKey } from '../limits/own-key.ts';

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
  const signingKey = () => computerKey(join(stateDir, 'confirmation.key'), clock);
  return {
    async give(shown) {
      const expiresAt = clock.now() + CONFIRMATION_MS;
      const token = mintToken(await signingKey(), shown, expiresAt);
      return { token, expiresAt: new Date(expiresAt).toISOString() };
    },
    async require(token, present) {
      const verdict = checkToken(await signingKey(), token, present, clock.now(), CONFIRMATION_MS);
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
      return new AppError(
        'invalid_input',
        'Nothing was done: this confirmation is not of the last ten minutes',
        {
          next: AGAIN,
        },
      );
    case 'changed':
      return new AppError('conflict', 'Nothing was done: this changed after the confirmation was given', {
        next: AGAIN,
      });
  }
}
