/** One change of settings and secrets as two drafts that nobody reads yet; and what a newer release demands, filled in. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { filled, type Patch, patched } from '../../core/patch.ts';
import { type Place, settingsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { changedText, readObject, writeWhole } from '../state/object-file.ts';
import { readSecrets } from '../state/secrets.ts';
import { readSettings } from '../state/settings.ts';

export interface Drafts {
  /** Files that nobody reads yet. */
  settings: string;
  secrets: string;
  secretValues: Patch;
  /** False where comments were there that the draft does not have. */
  keepsComments: boolean;
}

/**
 * @param work the folder for the draft of the secrets. That of the settings lies beside them, since they may include other
 * files by relative names.
 * @throws SidecarError `settings_unreadable`, `secrets_unreadable`, `not_configured`: nothing was written.
 */
export function draftChange(place: Place, work: string, change: { patch: Patch; secrets: Patch }): Drafts {
  const settings = readSettings(place);
  const present = readSecrets(place);
  if (!('value' in settings) || !('text' in present.file)) throw new SidecarError('not_configured');
  const { text, keepsComments } = changedText(settings, patched(settings.value, change.patch));
  const secretValues = patched(present.value, change.secrets);
  const drafts = { settings: draftFile(place), secrets: join(work, 'secrets.json') };
  writeWhole(drafts.settings, text);
  writeWhole(drafts.secrets, changedText(present.file, secretValues).text);
  return { ...drafts, secretValues, keepsComments };
}

export function dropDraft(place: Place): void {
  rmSync(draftFile(place), { force: true });
}

const draftFile = (place: Place) => `${settingsFile(place)}.draft`;

/** Settings that a release demands, where they are missing; nothing that is there changes, and no comment is lost. */
export function fillSettings(place: Place, { defaults }: { defaults: Patch }): void {
  const settings = readObject(settingsFile(place));
  if (!('value' in settings)) return;
  const { text, keepsComments } = changedText(settings, filled(settings.value, defaults));
  if (keepsComments && text !== settings.text) writeWhole(settingsFile(place), text);
}
