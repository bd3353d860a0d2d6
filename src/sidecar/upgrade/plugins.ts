/** Plugins of connected channels that follow the version of what they are part of. */
import { appendFileSync } from 'node:fs';
import { ensureGatewayLocked } from '../gateway/ensure.ts';
import { stopGatewayLocked } from '../gateway/stop.ts';
import { installPlugin, missingPlugin } from '../install/plugins.ts';
import { linkTarget } from '../install/trees.ts';
import type { Job } from '../jobs/job.ts';
import type { Place } from '../place.ts';
import { readText } from '../read-text.ts';
import { connectedChannels } from '../state/look.ts';
import { changeFolder } from './change-folder.ts';
import { dropTrees } from './copy-tree.ts';

const STOP_MS = 90_000;

/**
 * Every connected channel among `packages` in the version that is current, with its gateway running and started anew for
 * it. One that cannot be had stays, which is no reason to go without the rest of a change. For who holds the lock `gateway`.
 */
export async function updatePlugins(
  { place, addresses, stage }: Job,
  { plugins, registry }: { plugins: readonly string[]; registry: string },
): Promise<void> {
  const { pluginsLeft, pluginsUpdated } = changeFolder(place);
  const version = linkTarget(place, 'current').replace(/^app-/, '');
  dropTrees(pluginsLeft);
  let updated = false;
  for (const name of await connected(place, plugins)) {
    const spec = `${name}@${version}`;
    if ((await missingPlugin(place, spec)) === undefined) continue;
    stage('plugin');
    const { ok } = await installPlugin(place, spec, registry);
    updated ||= ok;
    appendFileSync(ok ? pluginsUpdated : pluginsLeft, `${name.replace(/^@openclaw\//, '')} `);
  }
  if (!updated) return;
  await stopGatewayLocked(place, STOP_MS);
  await ensureGatewayLocked(place, { addresses, stage });
}

/** Those whose channel is set up. */
async function connected(place: Place, packages: readonly string[]): Promise<string[]> {
  if (packages.length === 0) return [];
  const names = await connectedChannels(place);
  return packages.filter((each) => names.includes(each.slice(each.indexOf('/') + 1)));
}

export function pluginsReport(place: Place): { plugins_updated: string; plugins_left: string } {
  const { pluginsLeft, pluginsUpdated } = changeFolder(place);
  return { plugins_updated: readText(pluginsUpdated), plugins_left: readText(pluginsLeft) };
}
