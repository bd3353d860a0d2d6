/**
 * Channels that are packages of their own, kept in the state folder: OpenClaw wants them in its own version, and its
 * installation leaves them as they are.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPatch } from '../../core/patch.ts';
import { mcpDir, type Place } from '../place.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { registryOf } from './download.ts';

const INSTALL_MS = 10 * 60_000;

/** Undefined where the plugin of this npm spec comes with the release, or is there in its version. */
export async function missingPlugin(
  place: Place,
  spec: string,
): Promise<{ before: string | undefined } | undefined> {
  const [, id = '', version = ''] = /^@openclaw\/([^@]*)@(.*)$/.exec(spec) ?? [];
  const carried = join(mcpDir(place), 'current/node_modules/openclaw/dist/extensions', id);
  if (existsSync(carried)) return undefined;
  const before = await installedVersion(place, id);
  return before === version || before === 'unknown' ? undefined : { before };
}

async function installedVersion(place: Place, id: string): Promise<string | undefined> {
  const { json } = await askOpenClaw(place, ['plugins', 'list', '--json']);
  const plugins = isPatch(json) && Array.isArray(json.plugins) ? json.plugins.filter(isPatch) : [];
  const found = plugins.find((plugin) => plugin.id === id);
  return found && String(found.version ?? 'unknown');
}

/**
 * OpenClaw puts a package in place only when it is whole and checked: after a failure there is what there was.
 * @returns whether it is there, and what was said. @throws SidecarError `insecure_source`.
 */
export async function installPlugin(
  place: Place,
  spec: string,
  registry: string,
): Promise<{ ok: boolean; text: string }> {
  const how = { env: { NPM_CONFIG_REGISTRY: registryOf(registry) }, timeoutMs: INSTALL_MS };
  const first = await askOpenClaw(
    place,
    ['plugins', 'install', spec, '--force', '--accept-capabilities'],
    how,
  );
  if (first.ok) return first;
  // Older releases know neither word.
  const second = await askOpenClaw(place, ['plugins', 'install', spec], how);
  return { ok: second.ok, text: `${first.text}${second.text}` };
}
