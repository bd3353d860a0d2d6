/** The doctor's look at this computer as a place for local machines. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { version } from '../../../package.json';
import type { Environment } from '../../config/config.ts';
import { isErrno } from '../../core/errno.ts';
import { onAppError } from '../../core/errors.ts';
import { isExecutable } from '../../core/files.ts';
import { isOlder } from '../../local/daemon/older-server.ts';
import { livingServer, type ReadyFile } from '../../local/daemon/ready-file.ts';
import { probeNamespace } from '../../local/namespace/index.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

// What the start of the machine's own program calls.
const PROGRAMS = ['bash', 'curl', 'tar', 'gzip', 'base64'] as const;
// The gateway of a present OpenClaw peaks at 1.5 GiB, on top of what the computer needs.
const MIN_MEMORY_MIB = 2048;
// An install takes 850 MB; Node, its archive and the sessions come on top.
const MIN_DISK_MIB = 2048;
const MIB = 1024 * 1024;

export interface LocalPlace {
  platform: NodeJS.Platform;
  env: Environment;
  stateDir: string;
  /** Bytes. */
  availableMemory: number;
}

/** Starts one empty machine for a fifth of a second to see whether machines can be isolated; leaves nothing behind. */
export async function localNeeds(place: LocalPlace): Promise<Finding[]> {
  return [
    programs(place),
    await isolation(place),
    memory(place.availableMemory),
    await disk(place.stateDir),
    await presentServer(place.stateDir),
  ];
}

/** The local API that runs already, perhaps since before the package was updated. */
export async function presentServer(stateDir: string): Promise<Finding> {
  const check = 'local API';
  // What is wrong with the state folder says the finding about it.
  const found = await livingServer(stateDir).catch(onAppError(undefined));
  if (!found) return ok(check, 'not running; the server starts it when it is needed');
  const its = semver.valid(found.version);
  if (its === version) return ok(check, `process ${found.pid}, of this version`);
  const detail = `process ${found.pid} is of ${its === null ? 'an older version' : `version ${its}`}, this program of ${version}`;
  return warning(check, detail, remedyFor(found));
}

function remedyFor(found: ReadyFile): string {
  if (!found.background)
    return `End process ${found.pid} where you started it, then start "local serve" again.`;
  if (!isOlder(found, version)) return 'Update this program too: the newer local API goes on serving both.';
  return 'Call sleep_machine for every machine that list_machines shows awake, then restart the MCP client: the server replaces the old one by itself.';
}

function programs({ platform, env }: LocalPlace): Finding {
  if (platform === 'win32') {
    return problem('programs', 'local machines do not run on Windows itself', 'Run the server inside WSL.');
  }
  const folders = (env.PATH ?? '').split(path.delimiter);
  const missing = PROGRAMS.filter((name) => !folders.some((folder) => isExecutable(path.join(folder, name))));
  if (missing.length === 0) return ok('programs', PROGRAMS.join(', '));
  return problem(
    'programs',
    `${missing.join(', ')} cannot be found`,
    'Install them with the package manager of this computer.',
  );
}

async function isolation({ platform }: LocalPlace): Promise<Finding> {
  const probe = await probeNamespace({ platform });
  if (probe.available) return ok('isolation', 'machines get namespaces of their own');
  return warning(
    'isolation',
    `${probe.reason} Machines are ordinary processes of your user instead`,
    'Nothing, if you trust what you deploy; else use Linux with user namespaces, or the cloud.',
  );
}

function memory(available: number): Finding {
  const mib = Math.floor(available / MIB);
  if (mib >= MIN_MEMORY_MIB) return ok('memory', `${mib} MiB free`);
  return warning(
    'memory',
    `${mib} MiB free`,
    `End other programs: one assistant needs about ${MIN_MEMORY_MIB} MiB.`,
  );
}

async function disk(stateDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await existing(stateDir));
  const mib = Math.floor((bavail * bsize) / MIB);
  if (mib >= MIN_DISK_MIB) return ok('disk', `${mib} MiB free for machines`);
  return problem(
    'disk',
    `${mib} MiB free at ${stateDir}`,
    `Free ${MIN_DISK_MIB} MiB, or set OPENCLAW_MCP_STATE_DIR to a folder on another disk.`,
  );
}

/** The folder, or the nearest of its parents that exists. */
async function existing(folder: string): Promise<string> {
  try {
    await statfs(folder);
    return folder;
  } catch (error) {
    const parent = path.dirname(folder);
    if (!isErrno(error, 'ENOENT') || parent === folder) throw error;
    return existing(parent);
  }
}
