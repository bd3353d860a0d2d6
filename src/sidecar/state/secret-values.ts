/** The secrets that a machine's own files hold, so that nothing that its program says carries one away. */
import { type Redact, redactor } from '../../core/redact.ts';
import type { Place } from '../place.ts';
import { readObject } from './object-file.ts';
import { secretsFile, settingsFile } from './place.ts';
import { tokenInSettings } from './secrets.ts';

/** As the files are now: the gateway's token and the keys of providers and channels. */
export function secretValues(place: Place): readonly string[] {
  const secrets = readObject(secretsFile(place));
  const settings = readObject(settingsFile(place));
  const token = 'value' in settings ? tokenInSettings(settings.value) : undefined;
  return [...('value' in secrets ? texts(secrets.value) : []), ...(token === undefined ? [] : [token])];
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** @param before what was secret when the work began: a key that was just replaced may be in its words too. */
export function machineRedactor(place: Place, before: readonly string[]): Redact {
  return redactor([...before, ...secretValues(place)]);
}
