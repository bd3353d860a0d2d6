/** The secrets file mended or renewed; what cannot be read is kept beside, never lost. */
import { linkSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { authFile, mcpDir, type Place, secretsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject } from './object-file.ts';
import { gatewayToken, hasOddToken, newToken, readSecrets, writeAuth, writeSecrets } from './secrets.ts';

/** The header with the token that is kept, written to where our questions read it; `no_token` where there is none. */
export function renewAuth(place: Place): { auth: 'written' | 'unreadable' | 'no_token' } {
  const secrets = readObject(secretsFile(place));
  if (secrets.form === 'unreadable') return { auth: 'unreadable' };
  const token = 'value' in secrets ? gatewayToken(secrets.value) : undefined;
  if (token === undefined) return { auth: 'no_token' };
  writeAuth(place, token);
  return { auth: 'written' };
}

/** How the header stands to the token that is kept. */
export function authState(place: Place): { auth: 'ok' | 'missing' | 'stale' | 'no_token' | 'unreadable' } {
  const secrets = readObject(secretsFile(place));
  if (secrets.form === 'unreadable') return { auth: 'unreadable' };
  const token = 'value' in secrets ? gatewayToken(secrets.value) : undefined;
  if (token === undefined) return { auth: 'no_token' };
  const header = headerOf(place);
  if (header === undefined) return { auth: 'missing' };
  return { auth: header === `Authorization: Bearer ${token}` ? 'ok' : 'stale' };
}

/**
 * Adds the keys that are missing and changes none that is there; a token is minted only where none can be read. A file that
 * nobody can read is kept beside, under a name of its own.
 */
export function mendKeys(
  place: Place,
  { provider_keys }: { provider_keys: Readonly<Record<string, string>> },
): { kept_beside: string } {
  const file = readObject(secretsFile(place));
  const value = 'value' in file ? file.value : {};
  const kept = file.form === 'unreadable' || hasOddToken(value) ? keptBeside(place) : '';
  const missing = Object.entries(provider_keys).filter(([id]) => value[id] === undefined);
  const gateway = gatewayToken(value) ?? newToken();
  const usable = kept !== '' ? { form: 'missing' as const } : file;
  writeSecrets(place, { file: usable, value }, { gateway, ...Object.fromEntries(missing) });
  return { kept_beside: kept };
}

/**
 * A new token in the place of the old one.
 * @returns the old one: its refusal is the proof.
 * @throws SidecarError `secrets_unreadable`, `not_configured`.
 */
export function renewToken(place: Place): string {
  const secrets = readSecrets(place);
  const old = gatewayToken(secrets.value);
  if (old === undefined) throw new SidecarError('not_configured');
  const gateway = newToken();
  writeSecrets(place, secrets, { gateway });
  writeAuth(place, gateway);
  return old;
}

/** By a second name, which the writing of the new one leaves alone: a kill in between leaves the file where it was. */
function keptBeside(place: Place): string {
  const name = `secrets.json.unreadable-${new Date(systemClock.now()).toISOString().replaceAll(':', '-')}`;
  const beside = join(mcpDir(place), name);
  try {
    linkSync(secretsFile(place), beside);
  } catch {
    // A folder has one name only, and some file systems know no second ones.
    renameSync(secretsFile(place), beside);
  }
  return name;
}

function headerOf(place: Place): string | undefined {
  return attempt(() => readFileSync(authFile(place), 'utf8').trim(), undefined);
}
