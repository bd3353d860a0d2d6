/** Whether OpenClaw's folder is whole. `--version` proves nothing: it answers with most of the tree gone. */
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attempt } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import { mcpDir, type Place } from '../place.ts';
import { readText } from '../read-text.ts';

const MOST_NAMED = 10;
const VERSION = /^[0-9A-Za-z.+-]{1,64}$/;

/** The version that a link names, also when what it points to is gone; else the one that was deployed; empty for none. */
export function linkedVersion(place: Place, link: 'node' | 'current'): string {
  const [prefix, field] = link === 'node' ? ['node-', 'nodeVersion'] : ['app-', 'openclawVersion'];
  const target = targetOf(join(mcpDir(place), link));
  if (target.startsWith(prefix)) return target.slice(prefix.length);
  const deployed = parseJson(readText(join(mcpDir(place), 'deployment.json')));
  const version = isPatch(deployed) ? deployed[field] : undefined;
  return typeof version === 'string' && VERSION.test(version) ? version : '';
}

function targetOf(link: string): string {
  return attempt(() => readlinkSync(link), '');
}

/** - broken: with the first few names of what is not there */
export function treeState(place: Place): { tree: 'ok' | 'missing' | 'broken'; missing: string[] } {
  const app = join(mcpDir(place), 'current');
  if (linkedVersion(place, 'current') === '') return { tree: 'missing', missing: [] };
  if (readText(join(app, 'node_modules', 'openclaw', 'openclaw.mjs')) === '')
    return { tree: 'broken', missing: [] };
  const missing = missingParts(app);
  return { tree: missing.length === 0 ? 'ok' : 'broken', missing };
}

/** Of its own list of files, and of the packages that it depends on. Measured: 0.3 s. */
export function missingParts(current: string): string[] {
  try {
    const app = realpathSync(current);
    const root = join(app, 'node_modules', 'openclaw');
    return [...missingFiles(root), ...missingPackages(app, root)].slice(0, MOST_NAMED);
  } catch (error) {
    // A manifest that cannot be read is part of the damage.
    return [error instanceof Error ? error.message : String(error)];
  }
}

export function missingFiles(root: string): string[] {
  const list = join(root, 'dist', 'postinstall-inventory.json');
  if (!existsSync(list)) return [];
  const listed: unknown = parseJson(readFileSync(list, 'utf8'));
  const files = isPatch(listed) ? listed.files : listed;
  return (Array.isArray(files) ? files.map(String) : []).filter((file) => !existsSync(join(root, file)));
}

function missingPackages(app: string, root: string): string[] {
  const missing: string[] = [];
  const seen = new Set<string>();
  const queue = [root];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    const manifest: unknown = parseJson(readFileSync(join(folder, 'package.json'), 'utf8'));
    const needed = namesIn(manifest, 'dependencies');
    const optional = namesIn(manifest, 'optionalDependencies');
    for (const name of needed) {
      const found = packageFrom(app, folder, name);
      if (found !== undefined) queue.push(found);
      else if (!optional.includes(name)) missing.push(name);
    }
  }
  return missing;
}

function namesIn(manifest: unknown, field: string): string[] {
  const value = isPatch(manifest) ? manifest[field] : undefined;
  return isPatch(value) ? Object.keys(value) : [];
}

/** As Node looks for it, but not above the app. */
function packageFrom(app: string, from: string, name: string): string | undefined {
  for (let at = from; at.length >= app.length; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  return undefined;
}
