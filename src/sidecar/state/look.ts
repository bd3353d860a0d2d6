/** What the settings say, without a secret: for a person who asks, and for a judgement of how exposed the gateway is. */
import type * as z from 'zod/mini';
import { broughtBy } from '../../core/brought.ts';
import { at, isPatch, type Patch } from '../../core/patch.ts';
import { type Place, secretsFile, settingsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { pluginDir } from '../spend/plugin-files.ts';
import { gatewayEvents } from '../watch/events.ts';
import { masked, withoutCarried } from './masked.ts';
import { readObject } from './object-file.ts';
import type { exposureSchema, shownSettings } from './protocol.ts';
import { gatewayToken, tokenInSettings } from './secrets.ts';
import { effectiveSettings, readSettings } from './settings.ts';

/** Sections that the server makes its plans by. */
const SHOWN = ['agents', 'channels', 'gateway', 'models', 'tools'];
const MAX_BROUGHT = 60;
const PLAIN_NAME = /^[a-z0-9-]{1,40}$/;

/** @throws SidecarError `not_configured`, `settings_unreadable`, `secrets_unreadable`. */
export async function showSettings(place: Place): Promise<z.infer<typeof shownSettings>> {
  const file = readSettings(place);
  const secrets = readObject(secretsFile(place));
  if (!('value' in file) || secrets.form === 'missing') throw new SidecarError('not_configured');
  if (!('value' in secrets)) throw new SidecarError('secrets_unreadable');
  const { value } = await effectiveSettings(place, file, SHOWN);
  return {
    config: masked(value),
    comments: file.form === 'json5' ? 'yes' : 'no',
    secret_names: Object.keys(secrets.value),
  };
}

/** Words and lengths only: no value of a secret is in it. What cannot be read is unknown, and never insecure. */
export async function exposure(place: Place): Promise<z.infer<typeof exposureSchema>> {
  const file = readObject(settingsFile(place));
  const secrets = readObject(secretsFile(place));
  const token = 'value' in secrets ? gatewayToken(secrets.value) : undefined;
  const known = {
    token_chars: secrets.form === 'unreadable' ? null : (token?.length ?? 0),
    gateway: gatewayEvents(place),
  };
  if (!('value' in file)) return { ...known, settings: 'unknown', brought: [] };
  const { value, unknown } = await effectiveSettings(place, file, ['gateway', 'models', 'secrets']);
  const brought = broughtBy(value)
    .filter((each) => each.value !== pluginDir(place))
    .slice(0, MAX_BROUGHT)
    .map((each) => ({ ...each, value: withoutCarried(each.value) }));
  if (unknown.includes('gateway')) return { ...known, settings: 'unknown', brought };
  return {
    ...known,
    settings: 'read',
    bind: word(at(value, 'gateway', 'bind')),
    auth_mode: word(at(value, 'gateway', 'auth', 'mode')),
    // As the file has it: what OpenClaw tells of a token is masked.
    token_in_settings: tokenInSettings(file.value) === undefined ? 'no' : 'yes',
    brought,
  };
}

/** valid: it can be read · missing · invalid: neither JSON nor JSON5. Whether OpenClaw takes it is another question. */
export function settingsState(place: Place): 'valid' | 'missing' | 'invalid' {
  const { form } = readObject(settingsFile(place));
  return form === 'missing' ? 'missing' : form === 'unreadable' ? 'invalid' : 'valid';
}

/** The channels that are set up and not switched off. */
export async function connectedChannels(place: Place): Promise<string[]> {
  const { value } = await effectiveSettings(place, readObject(settingsFile(place)), ['channels']);
  return channelNames(value).filter((name) => at(value, 'channels', name, 'enabled') !== false);
}

export const channelNames = ({ channels }: Patch): string[] =>
  Object.entries(isPatch(channels) ? channels : {}).flatMap(([name, channel]) =>
    PLAIN_NAME.test(name) && name !== 'defaults' && isPatch(channel) ? [name] : [],
  );

/** Providers whose key the settings expect in the secrets file, where it is not. */
export function missingKeys(place: Place): string[] {
  const settings = readObject(settingsFile(place));
  const secrets = readObject(secretsFile(place));
  const held: Patch = 'value' in secrets ? secrets.value : {};
  const providers = at('value' in settings ? settings.value : {}, 'models', 'providers');
  const missing = Object.entries(isPatch(providers) ? providers : {}).filter(([, provider]) => {
    const [source, id] = [at(provider, 'apiKey', 'source'), at(provider, 'apiKey', 'id')];
    return source === 'file' && !held[String(id).slice(1)];
  });
  return missing.map(([id]) => id).filter((id) => PLAIN_NAME.test(id));
}

const word = (value: unknown) =>
  String(value ?? '')
    .replace(/[^a-z0-9_-]/gi, '')
    .slice(0, 40);
