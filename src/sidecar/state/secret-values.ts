/** The secrets that a machine's own files hold, so that nothing that its program says carries one away. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isPatch, type Patch } from '../../core/patch.ts';
import { type Redact, redactor } from '../../core/redact.ts';
import { type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { looksRandom, openSecrets } from './masked.ts';
import { type ObjectFile, readObject, textOf } from './object-file.ts';
import { tokenInSettings } from './secrets.ts';

/**
 * As the files are now: the gateway's token, the keys of providers and channels, and what people and OpenClaw itself wrote openly
 * into the settings, the file of variables and the agents' profiles, as on a machine of before.
 */
export function secretValues(place: Place): readonly string[] {
  const secrets = readObject(secretsFile(place));
  const settings = settingsWithParts(place);
  const token = 'value' in settings ? tokenInSettings(settings.value) : undefined;
  return [
    ...('value' in secrets ? texts(secrets.value) : []),
    ...(token === undefined ? [] : [token]),
    ...('value' in settings ? openSecrets(settings.value) : []),
    ...openSecrets({ env: variables(textOf(join(stateDir(place), '.env'))) }),
    ...profiles(place).flatMap((file) => texts(file).filter(looksRandom)),
  ];
}

/** A folder of settings has some; each may be as large as `readObject` takes. */
const MOST_PARTS = 20;

/** With what the settings include, each file once. */
function settingsWithParts(place: Place): ObjectFile {
  const file = settingsFile(place);
  const settings = readObject(file);
  if (!('value' in settings) || !settings.text.includes('$include')) return settings;
  return { ...settings, value: withParts(settings.value, file, new Set([file])) };
}

function withParts(object: Patch, file: string, seen: Set<string>): Patch {
  const parts = [object.$include].flat().flatMap((path) => {
    const other = resolve(dirname(file), String(path));
    if (path === undefined || seen.size > MOST_PARTS || seen.has(other)) return [];
    const read = readObject(other);
    seen.add(other);
    return 'value' in read ? [withParts(read.value, other, seen)] : [];
  });
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    return isPatch(value) ? withParts(value, file, seen) : value;
  };
  const own = Object.entries(object).map(([name, value]) => [name, inner(value)] as const);
  return Object.assign({}, ...parts, Object.fromEntries(own));
}

/** As OpenClaw reads them: also `NAME: value`, and without the remark behind one. An empty one ends with its line. */
const VARIABLE =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=|:[ \t])[ \t]*(?:(["'`])(.*?)\2[ \t]*(?:#.*)?$|([^#\r\n]*))/gm;

const variables = (text: string | undefined) =>
  Object.fromEntries(
    [...(text ?? '').matchAll(VARIABLE)].map(([, name = '', , quoted, plain]) => [
      name,
      quoted ?? plain?.trim() ?? '',
    ]),
  );

/** Agents beyond these have theirs masked by their shape alone. */
const MOST_AGENTS = 50;

function profiles(place: Place): Patch[] {
  const agents = join(stateDir(place), 'agents');
  if (!existsSync(agents)) return [];
  return readdirSync(agents)
    .slice(0, MOST_AGENTS)
    .map((name) => readObject(join(agents, name, 'agent/auth-profiles.json')))
    .flatMap((file) => ('value' in file ? [file.value] : []));
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** @param before what was secret when the work began: a key that was just replaced may be in its words too. */
export function machineRedactor(place: Place, before: readonly string[]): Redact {
  return redactor([...before, ...secretValues(place)]);
}
