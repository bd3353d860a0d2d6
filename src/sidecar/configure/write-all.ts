/** What a deploy makes of a machine's settings and secrets: ours, under all that somebody else has set there since. */
import { rmSync } from 'node:fs';
import { at, isPatch, type Patch, patched } from '../../core/patch.ts';
import type { JobRequestOf } from '../jobs/protocol.ts';
import { lastGoodFile, type Place, settingsFile } from '../place.ts';
import { acceptsSettings } from '../state/ask-openclaw.ts';
import { changedText, keepBeside, type ObjectFile, writeWhole } from '../state/object-file.ts';
import {
  gatewayToken,
  newToken,
  readSecrets,
  tokenInSettings,
  writeAuth,
  writeSecrets,
} from '../state/secrets.ts';
import { readSettings } from '../state/settings.ts';

export interface Wish extends Pick<JobRequestOf<'deploy'>, 'settings' | 'provider_keys' | 'keep_model'> {
  /** Whether the running gateway was ready with the present settings and took our token. */
  proven: 'yes' | 'no';
  /** Whether another release became current. */
  switched: 'yes' | 'no';
}

export interface Written {
  changed: 'yes' | 'no';
  /** The model that the assistant answers with; empty where none is set. */
  model: string;
  /** The name of a copy where comments or settings of a person are in no other file any more; empty where there is none. */
  kept_beside: string;
}

/**
 * Written only where something differs, and the secrets first: the settings name them.
 * @throws SidecarError `settings_unreadable`, `secrets_unreadable`: nothing was written.
 */
export async function configure(place: Place, wish: Wish): Promise<Written> {
  const settings = readSettings(place);
  const secrets = readSecrets(place);
  if ('text' in settings && wish.proven === 'yes') writeWhole(lastGoodFile(place), settings.text);
  const wanted = await wantedSettings(place, settings, wish);
  const token = gatewayToken(secrets.value) ?? tokenInSettings(objectIn(settings)) ?? newToken();
  const newSecrets = writeSecrets(place, secrets, { gateway: token, ...wish.provider_keys });
  writeAuth(place, token);
  const written = writeSettings(place, settings, wanted);
  return {
    ...written,
    changed: newSecrets || written.changed === 'yes' ? 'yes' : 'no',
    model: modelOf(wanted),
  };
}

/**
 * What was changed since the deploy, by configure_openclaw, a person or OpenClaw itself, is no mistake of theirs: it stays
 * unless this release says that it cannot work with it.
 */
async function wantedSettings(place: Place, present: ObjectFile, wish: Wish): Promise<Patch> {
  if (!('value' in present)) return wish.settings;
  const ours = patched(keepingModel(present.value, wish), chosen(present.value));
  const merged = patched(present.value, ours);
  if (wish.proven === 'yes' && wish.switched === 'no') return merged;
  // Beside the file itself, since it may include others by relative names.
  const draft = `${settingsFile(place)}.draft`;
  try {
    writeWhole(draft, changedText(present, merged).text);
    return (await acceptsSettings(place, draft)).accepts === false ? wish.settings : merged;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Sections of which we bring defaults alone: whatever a person has switched on there stays on. */
function chosen(present: Patch): Patch {
  return Object.fromEntries(
    Object.entries(present).filter(([name]) => name === 'plugins' || name === 'skills'),
  );
}

function keepingModel(present: Patch, { settings, keep_model }: Wish): Patch {
  const model = at(present, 'agents', 'defaults', 'model');
  return keep_model === 'yes' && model !== undefined
    ? patched(settings, { agents: { defaults: { model } } })
    : settings;
}

/** @returns how, and the name of a copy where comments or settings of a person are in no other file any more. */
function writeSettings(place: Place, before: ObjectFile, after: Patch): Omit<Written, 'model'> {
  const file = settingsFile(place);
  const { text, keepsComments } = changedText(before, after);
  if ('text' in before && before.text === text) return { changed: 'no', kept_beside: '' };
  const dropped = 'value' in before && !holdsAll(after, before.value);
  const kept = 'text' in before && (!keepsComments || dropped) ? keepBeside(file, before.text) : '';
  writeWhole(file, text);
  return { changed: 'yes', kept_beside: kept.slice(kept.lastIndexOf('/') + 1) };
}

/** Whether everything that `before` names is in `after` too. */
const holdsAll = (after: Patch, before: Patch): boolean =>
  Object.entries(before).every(([name, value]) => {
    const now = after[name];
    return name in after && (!isPatch(value) || (isPatch(now) && holdsAll(now, value)));
  });

function modelOf(settings: Patch): string {
  const model = at(settings, 'agents', 'defaults', 'model');
  const primary = isPatch(model) ? model.primary : model;
  return typeof primary === 'string' ? primary : '';
}

const objectIn = (file: ObjectFile): Patch => ('value' in file ? file.value : {});
