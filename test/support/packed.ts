/** The package as strangers get it: one tarball, installed without network into a folder of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const packResult = z.array(z.object({ filename: z.string() }));

export interface Packed {
  /** Holds everything. */
  dir: string;
  tarball: string;
  /** Where it is installed; nothing else is. */
  folder: string;
  /** What npm's link starts. */
  bin: string;
  /** PATH, an empty home, and an npm that asks no network. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

export async function packAndInstall(): Promise<Packed> {
  const dir = await mkdtemp(join(tmpdir(), 'packed-'));
  const [folder, home] = [join(dir, 'empty'), join(dir, 'home')];
  await Promise.all([mkdir(folder), mkdir(home)]);
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir]);
  const [packed] = packResult.parse(JSON.parse(stdout.slice(stdout.indexOf('[\n'))));
  const tarball = join(dir, packed?.filename ?? '');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  // Offline: a package that needed another one could not be installed. With a prefix: npm looks for one in the parents.
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', tarball], { cwd: folder, env });
  return {
    dir,
    tarball,
    folder,
    bin: join(folder, 'node_modules', 'openclaw-dedalus-mcp', 'dist', 'openclaw-dedalus-mcp.js'),
    env,
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** Another Node than the one that runs the tests: npm carries Node itself, under a name for each kind of computer. */
export async function nodeOf(major: string, dir: string): Promise<string> {
  const prefix = process.platform === 'darwin' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const folder = join(dir, `node-${major}`);
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${major}`]);
  return join(folder, 'node_modules', name, 'bin', 'node');
}
