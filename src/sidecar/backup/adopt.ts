/**
 * What of a backup's settings counts on this machine. A restore replaces: what stays is what this server itself put here, and
 * nothing that an earlier backup brought.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { at, filled, isPatch, type Patch } from '../../core/patch.ts';
import { type Place, secretsFile, stateDir } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { changedText, readObject, writeWhole } from '../state/object-file.ts';
import type { unpackSchema } from '../state/protocol.ts';
import { gatewayToken, newToken, readSecrets } from '../state/secrets.ts';
import { readSettings } from '../state/settings.ts';

type Request = z.infer<typeof unpackSchema>;

/** @param next the unpacked state. @throws SidecarError `backup_unusable` and what reading this machine's own files throws. */
export function adoptState(place: Place, next: string, request: Request): void {
  for (const name of ['openclaw.json', 'secrets.json', ...sessionIndexes(next)])
    rehome(place, next, name, request);
  const mine = readSettings(place);
  const now = 'value' in mine ? mine.value : {};
  const { value: held } = readSecrets(place);
  const settings = requiredObject(join(next, 'openclaw.json'));
  const secrets = requiredObject(join(next, 'secrets.json'));
  const kept = ownProviders(now, request);
  const adopted = withoutOurKeys(adoptedSettings(place, settings.value, now, kept, request), kept, request);
  writeWhole(join(next, 'openclaw.json'), changedText(settings, filled(adopted, request.defaults)).text);
  const keys = Object.keys(kept).flatMap((id) => (held[id] === undefined ? [] : [[id, held[id]] as const]));
  const { gateway: _theirs, ...theirs } = secrets.value;
  const gateway = gatewayToken(held) ?? newToken();
  writeWhole(
    join(next, 'secrets.json'),
    `${JSON.stringify({ gateway, ...theirs, ...Object.fromEntries(keys) })}\n`,
  );
}

/** Older releases keep the place of every transcript in one. */
function sessionIndexes(next: string): string[] {
  const agents = join(next, 'agents');
  if (!lstatSync(agents, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(agents).map((agent) => `agents/${agent}/sessions/sessions.json`);
}

/** The file names places below the home of before. */
function rehome({ home }: Place, next: string, name: string, { old_home }: Request): void {
  const file = join(next, name);
  if (old_home === home || !existsSync(file) || !lstatSync(file).isFile()) return;
  const text = readFileSync(file, 'utf8');
  writeWhole(file, text.replaceAll(`${old_home}/.openclaw`, `${home}/.openclaw`));
}

function requiredObject(file: string) {
  // What OpenClaw writes to must be the file itself.
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) throw new SidecarError('backup_unusable', file);
  const read = readObject(file);
  if (!('value' in read)) throw new SidecarError('backup_unusable', file);
  return read;
}

/** Entries of providers that this server knows, at addresses that it knows, with their keys in our file. */
function ownProviders(now: Patch, { providers, addresses }: Request): Patch {
  const entries = at(now, 'models', 'providers');
  const plain = (address: unknown) => String(address).replace(/\/+$/, '');
  const known = new Set(addresses.map(plain));
  return Object.fromEntries(
    Object.entries(isPatch(entries) ? entries : {}).filter(
      ([id, entry]) => providers.includes(id) && isPatch(entry) && known.has(plain(entry.baseUrl)),
    ),
  );
}

function adoptedSettings(place: Place, theirs: Patch, now: Patch, kept: Patch, { gateway }: Request): Patch {
  const file = String(at(gateway, 'auth', 'token', 'provider'));
  const entries = { ...record(at(theirs, 'models', 'providers')) };
  for (const [id, entry] of Object.entries(kept)) {
    const { baseUrl, apiKey, ...rest } = record(entry);
    entries[id] = { ...rest, ...record(entries[id]), baseUrl, apiKey };
  }
  return {
    ...theirs,
    gateway: { ...record(theirs.gateway), ...gateway, port: place.port },
    secrets: {
      ...record(theirs.secrets),
      providers: {
        ...record(at(theirs, 'secrets', 'providers')),
        [file]: { source: 'file', mode: 'json', path: secretsFile(place) },
      },
    },
    models: { ...record(theirs.models), providers: entries },
    logging: {
      ...record(theirs.logging),
      file: at(now, 'logging', 'file') ?? join(stateDir(place), 'logs/openclaw.log'),
    },
  };
}

/** A provider of the backup that asks for a key which this machine keeps for another one does not get it. */
function withoutOurKeys(settings: Patch, kept: Patch, { gateway }: Request): Patch {
  const file = at(gateway, 'auth', 'token', 'provider');
  const ours = new Set(['/gateway', ...Object.keys(kept).map((id) => `/${id}`)]);
  const models = record(settings.models);
  const providers = Object.entries(record(models.providers)).map(([id, entry]) => {
    const asked = at(entry, 'apiKey');
    const stolen = at(asked, 'provider') === file && ours.has(String(at(asked, 'id'))) && !(id in kept);
    if (!stolen) return [id, entry] as const;
    const { apiKey: _apiKey, ...rest } = record(entry);
    return [id, rest] as const;
  });
  return { ...settings, models: { ...models, providers: Object.fromEntries(providers) } };
}

const record = (value: unknown): Patch => (isPatch(value) ? value : {});
