/** The plugin as the gateway finds it, and whether the gateway's settings let it in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import text from 'virtual:limit-plugin';
import { at, isPatch } from '../../core/patch.ts';
import { mcpDir, type Place, settingsFile } from '../place.ts';
import { readText } from '../read-text.ts';
import { readObject, writeWhole } from '../state/object-file.ts';

const ID = 'openclaw-dedalus-limit';

export const limitDir = (place: Place): string => join(mcpDir(place), 'limit');
export const pluginDir = (place: Place): string => join(limitDir(place), 'plugin');

const FILES = {
  'package.json': JSON.stringify({
    name: ID,
    version: '1.0.0',
    type: 'module',
    openclaw: { extensions: ['./index.mjs'] },
  }),
  'openclaw.plugin.json': JSON.stringify({
    id: ID,
    name: 'Daily limit',
    activation: { onStartup: true },
    configSchema: { type: 'object', additionalProperties: false },
  }),
  'index.mjs': text,
};

/** Before each start of a gateway whose settings name it, also on a machine that they came to by a backup. */
export function keepPlugin(place: Place): void {
  mkdirSync(pluginDir(place), { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(FILES)) {
    const file = join(pluginDir(place), name);
    if (readText(file) !== content) writeWhole(file, content);
  }
}

export function settingsNamePlugin(place: Place): boolean {
  const file = readObject(settingsFile(place));
  const plugins = 'value' in file ? file.value.plugins : undefined;
  const paths = at(plugins, 'load', 'paths');
  const entry = at(plugins, 'entries', ID);
  return (
    Array.isArray(paths) &&
    paths.includes(pluginDir(place)) &&
    isPatch(entry) &&
    entry.enabled === true &&
    at(plugins, 'enabled') !== false
  );
}
