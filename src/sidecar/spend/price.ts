/** Whether OpenClaw can put a price on what a model answers before it has answered: it looks where OpenClaw 2026.9.6 does. */

import { join } from 'node:path';
import { at, isPatch } from '../../core/patch.ts';
import { mcpDir, type Place, settingsFile, stateDir } from '../place.ts';
import { readObject } from '../state/object-file.ts';

/** Of such a host OpenClaw takes prices from the settings alone. */
const NEAR =
  /^(?:localhost|.+\.local(?:host|domain)?|(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d+)+|\[(?:::1|fe80:.*|f[cd].*)\])$/i;

/**
 * @param model as `anthropic/claude-opus-5-5`.
 * @param unpriced models with answers that OpenClaw could put no price on: of these a catalog proves nothing, only a price
 *   that somebody has set since.
 */
export function isPriced(place: Place, model: string, unpriced: object = {}): boolean {
  const [, provider = '', id = ''] = /^([a-z0-9][a-z0-9._-]*)\/(.+)$/.exec(model) ?? [];
  if (id === '') return false;
  // Where OpenClaw looks first, and takes what it finds, even a zero.
  const kept = objectIn(join(stateDir(place), 'agents/main/agent/models.json'));
  const own = at(objectIn(settingsFile(place)), 'models', 'providers', provider);
  const cost = at(modelIn(at(kept, 'providers', provider), id), 'cost') ?? at(modelIn(own, id), 'cost');
  if (cost !== undefined) return costs(cost);
  if (model in unpriced || isNear(at(modelIn(own, id), 'baseUrl') ?? at(own, 'baseUrl'))) return false;
  const plugin = join(mcpDir(place), 'current/node_modules/openclaw/dist/extensions', provider);
  const catalog = at(objectIn(join(plugin, 'openclaw.plugin.json')), 'modelCatalog', 'providers', provider);
  return costs(at(modelIn(catalog, id), 'cost'));
}

const isNear = (address: unknown): boolean =>
  typeof address === 'string' && URL.canParse(address) && NEAR.test(new URL(address).hostname);

function modelIn(provider: unknown, id: string): unknown {
  const models = at(provider, 'models');
  return Array.isArray(models) ? models.find((model) => at(model, 'id') === id) : undefined;
}

/** What costs nothing is no price: a limit in money would never be reached. */
const costs = (cost: unknown): boolean =>
  isPatch(cost) && [cost.input, cost.output].some((rate) => typeof rate === 'number' && rate > 0);

function objectIn(file: string): unknown {
  const read = readObject(file);
  return 'value' in read ? read.value : undefined;
}
