/** One change of settings and secrets as two drafts that nobody reads yet; and what a newer release demands, filled in. */
import { join } from 'node:path';
import { filled, patched } from '../../core/patch.ts';
import { mcpDir, type Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { changedText, readObject, writeWhole } from '../state/object-file.ts';
import { settingsFile } from '../state/place.ts';
import { readSecrets } from '../state/secrets.ts';
import { readSettings } from '../state/settings.ts';

/**
 * `openclaw.json.draft` beside the settings, which may include other files by relative names, and `secrets.json` in the
 * job's own folder for work.
 * @throws SidecarError `settings_unreadable`, `secrets_unreadable`, `not_configured`: nothing was written.
 */
export function draftChange(
  place: Place,
  { job, patch, secrets }: RequestOf<'draft-change'>,
): ReplyOf<'draft-change'> {
  const settings = readSettings(place);
  const present = readSecrets(place);
  if (!('value' in settings) || !('text' in present.file)) throw new SidecarError('not_configured');
  const drafted = changedText(settings, patched(settings.value, patch));
  writeWhole(`${settingsFile(place)}.draft`, drafted.text);
  writeWhole(
    join(mcpDir(place), 'jobs', job, 'work', 'secrets.json'),
    changedText(present.file, patched(present.value, secrets)).text,
  );
  return { keeps_comments: drafted.keepsComments ? 'yes' : 'no' };
}

/** Settings that a release demands, where they are missing; nothing that is there changes, and no comment is lost. */
export function fillSettings(place: Place, { defaults }: RequestOf<'fill-settings'>): Record<string, never> {
  const settings = readObject(settingsFile(place));
  if (!('value' in settings)) return {};
  const { text, keepsComments } = changedText(settings, filled(settings.value, defaults));
  if (keepsComments && text !== settings.text) writeWhole(settingsFile(place), text);
  return {};
}
