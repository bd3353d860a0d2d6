/** Installs OpenClaw's tree by bun or by npm, and proves what came before any of it counts. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import { missingFiles } from '../look/tree.ts';
import { mcpDir, type Place } from '../place.ts';
import { childEnvironment, openclawEnvironment } from '../process/environment.ts';
import { logged, requireSum, type Sources, unpackPackage } from './download.ts';

export interface AppWish {
  version: string;
  overrides: Readonly<Record<string, string>>;
  /** Folder of the whole Node to run npm and the check with; made meanwhile where bun installs. */
  node: string;
  work: string;
}

/** Where the bootstrap puts it, whole and proven, while it fetches a Node. */
export const broughtBun = (place: Place, version: string): string => join(mcpDir(place), `bun-${version}`);

const appOf = ({ work }: AppWish) => join(work, 'app');
const cacheOf = ({ work }: AppWish) => join(work, 'cache');

/** Needs no Node, so both trees come at once. @throws Error where it cannot be done. */
export async function installByBun(sources: Sources, wish: AppWish, bunVersion: string): Promise<void> {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const bun = join(wish.work, 'bun');
  const brought = broughtBun(sources.place, bunVersion);
  if (existsSync(brought)) renameSync(brought, bun);
  else await unpackPackage(sources, `@oven/bun-${process.platform}-${arch}`, bunVersion, bun);
  const own = childEnvironment();
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => own[name]);
  // Through a proxy bun chokes on its own number of connections: 64 (its default) take 12 s, 256 take 31 s, 16 take 5 s;
  // without one 16 and 64 take 4 s each (measured, bun 1.4.5).
  const pace = proxied ? ['--network-concurrency=16'] : [];
  const add = ['add', ...pace, '--exact', '--ignore-scripts', '--no-progress', `openclaw@${wish.version}`];
  await install(sources, wish, [join(bun, 'bin/bun'), ...add], {
    NPM_CONFIG_REGISTRY: sources.registry,
    BUN_INSTALL_CACHE_DIR: cacheOf(wish),
  });
}

/** @throws Error where it cannot be done. */
export async function installByNpm(sources: Sources, wish: AppWish, npmVersion: string): Promise<void> {
  // Node's own archive holds npm, the registry's package of it does not.
  let npm = join(wish.node, 'lib/node_modules/npm');
  if (!existsSync(npm)) {
    npm = join(wish.work, 'npm');
    await unpackPackage(sources, 'npm', npmVersion, npm);
  }
  const quiet = '--save-exact --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error';
  const places = [`--registry=${sources.registry}`, `--cache=${cacheOf(wish)}`];
  const add = ['install', ...quiet.split(' '), ...places, `openclaw@${wish.version}`];
  await install(sources, wish, [join(wish.node, 'bin/node'), join(npm, 'bin/npm-cli.js'), ...add], {});
}

/** Install scripts stay off: OpenClaw finishes its own installation at its first run, and no dependency needs its own. */
async function install(
  sources: Sources,
  wish: AppWish,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const tree = appOf(wish);
  for (const folder of [tree, cacheOf(wish)]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  writeFileSync(
    join(tree, 'package.json'),
    `${JSON.stringify({ private: true, overrides: wish.overrides })}\n`,
  );
  const options = { env: { ...openclawEnvironment(sources.place), ...env }, cwd: tree };
  if ((await logged(sources.log, command, options)) !== 0) throw new Error('The installer failed');
}

/** The cache's 40,000 names go while the check runs. @throws Error where the tree is not what it must be. */
export async function keepApp(sources: Sources, wish: AppWish, target: string): Promise<void> {
  // What cannot be removed goes with the folder around it.
  const cleaning = rm(cacheOf(wish), { recursive: true, force: true }).catch(() => {});
  try {
    checkPinned(sources, wish);
    await checkApp(sources, wish);
  } finally {
    await cleaning;
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(appOf(wish), target);
}

/** An installer proves only that it got what the registry said. Both write down what that was, before any of it has run. */
function checkPinned(sources: Sources, wish: AppWish): void {
  const name = `openclaw@${wish.version}`;
  const wanted = sources.sums[name];
  if (wanted !== undefined) requireSum(sources, name, wanted, byNpm(appOf(wish)) ?? byBun(appOf(wish)) ?? '');
}

function byNpm(tree: string): string | undefined {
  const lock = jsonOf(join(tree, 'package-lock.json'));
  const packages = isPatch(lock) && isPatch(lock.packages) ? lock.packages : {};
  const app = packages['node_modules/openclaw'];
  return isPatch(app) && typeof app.integrity === 'string' ? app.integrity : undefined;
}

function byBun(tree: string): string | undefined {
  const file = join(tree, 'bun.lock');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const line = lines.find((each) => each.trim().startsWith('"openclaw": [')) ?? '';
  return /"(sha512-[^"]+)"\],?$/.exec(line.trim())?.[1];
}

/** `--version` alone proves little: it reads one file. Newer releases list every file that they must have. */
async function checkApp(sources: Sources, wish: AppWish): Promise<void> {
  const root = join(appOf(wish), 'node_modules/openclaw');
  const options = { env: openclawEnvironment(sources.place), cwd: root };
  const code = await logged(sources.log, [join(wish.node, 'bin/node'), 'openclaw.mjs', '--version'], options);
  if (code !== 0) throw new Error('OpenClaw does not run');
  const missing = missingFiles(root);
  if (missing.length > 0) throw new Error(`missing: ${missing.slice(0, 5).join(', ')}`);
}

function jsonOf(file: string): unknown {
  return existsSync(file) ? parseJson(readFileSync(file, 'utf8')) : undefined;
}
