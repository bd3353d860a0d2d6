/** openclaw.json as OpenClaw reads it: other files that it includes and variables that it names are asked of OpenClaw. */
import { readFileSync } from 'node:fs';
import { isPatch, type Patch } from '../../core/patch.ts';
import { lastGoodFile, type Place, settingsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { askOpenClaw } from './ask-openclaw.ts';
import { type ObjectFile, readObject, writeWhole } from './object-file.ts';

/** @throws SidecarError `settings_unreadable`: whoever cannot read them must not write them. */
export function readSettings(place: Place): ObjectFile {
  const file = readObject(settingsFile(place));
  if (file.form === 'unreadable') throw new SidecarError('settings_unreadable');
  return file;
}

export interface EffectiveSettings {
  value: Patch;
  /** Sections that OpenClaw was to be asked for and did not tell: what stands there is not what counts. */
  unknown: string[];
}

/**
 * What counts of `sections`, the rest as it stands in the file.
 * @param file as readSettings gave it; without one there are no settings.
 */
export async function effectiveSettings(
  place: Place,
  file: ObjectFile,
  sections: readonly string[],
): Promise<EffectiveSettings> {
  if (!('value' in file)) return { value: {}, unknown: [] };
  const { value } = file;
  // Included at the top, any section may come from there.
  const asked = sections.filter((name) => '$include' in value || needsOpenClaw(value[name]));
  const answers = await Promise.all(
    asked.map(async (name) => ({ name, ...(await askOpenClaw(place, ['config', 'get', name, '--json'])) })),
  );
  const told = answers.filter(({ json }) => isPatch(json) && json.ok !== false);
  return {
    value: { ...value, ...Object.fromEntries(told.map(({ name, json }) => [name, json])) },
    unknown: asked.filter((name) => !told.some((answer) => answer.name === name)),
  };
}

/** Whether another file, or a variable of the gateway's, is part of it. */
function needsOpenClaw(value: unknown): boolean {
  if (typeof value === 'string') return /\$\{[A-Z_][A-Z0-9_]*\}/.test(value);
  if (Array.isArray(value)) return value.some(needsOpenClaw);
  return isPatch(value) && ('$include' in value || Object.values(value).some(needsOpenClaw));
}

/** Whole or not at all: half of them would be restored as if they were all. */
export function rememberSettings(place: Place): void {
  writeWhole(lastGoodFile(place), readFileSync(settingsFile(place)));
}
