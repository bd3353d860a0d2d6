/** Which processes and locks of this machine are the assistant's. Others on the computer are not ours to judge. */
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { attempt } from '../../core/errno.ts';
import { authenticated, portOpen } from '../gateway/health.ts';
import { portOwner } from '../gateway/port-owner.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import { namesIn, readText } from '../read-text.ts';

/** The kernel keeps fifteen characters of a name. */
const NAME = 'openclaw-gatewa';
const MAX_LOCK_BYTES = 8 * 1024;
const LOCK_DEPTH = 6;

/** Every gateway that works on this state folder, whoever started it. */
export async function ourGateways(place: Place): Promise<number[]> {
  return namesIn('/proc')
    .filter((pid) => /^\d+$/.test(pid) && readText(`/proc/${pid}/comm`).startsWith(NAME))
    .map(Number)
    .filter((pid) => worksOnState(place, pid));
}

/** Those beside the one that may stay: ours by its pid file, else one that holds the port and takes our token. */
export async function otherGateways(place: Place): Promise<number[]> {
  const kept = await keptGateway(place);
  // One may be the parent of another: newer releases add a wrapper under some settings.
  return (await ourGateways(place)).filter(
    (pid) => pid !== kept && parentOf(pid) !== kept && (kept === undefined || parentOf(kept) !== pid),
  );
}

async function keptGateway(place: Place): Promise<number | undefined> {
  const recorded = await livePid(join(mcpDir(place), 'gateway.pid'));
  if (recorded !== undefined || !(await portOpen(place))) return recorded;
  const owner = await portOwner(place);
  if (owner === undefined || !(await ourGateways(place)).includes(owner)) return undefined;
  return (await authenticated(place)) === 'yes' ? owner : undefined;
}

function parentOf(pid: number): number | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Lock files of OpenClaw whose owner does not live. A living gateway looks after its own. */
export async function staleLocks(place: Place): Promise<string[]> {
  if ((await ourGateways(place)).length > 0) return [];
  return lockFiles(place).filter((file) => {
    const pid = /"pid"\s*:\s*(\d{1,9})/.exec(readText(file))?.[1];
    return pid !== undefined && !worksOnState(place, Number(pid));
  });
}

function lockFiles(place: Place): string[] {
  const folder = join(tmpdir(), `openclaw-${process.getuid?.() ?? 0}`);
  // Older releases keep it outside of the home, for every gateway of the computer: the file names whose it is.
  const outside = namesIn(folder)
    .filter((name) => /^gateway\..*\.lock$/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => readText(file).includes(`"configPath":"${stateDir(place)}/`));
  return [...locksBelow(stateDir(place), LOCK_DEPTH), ...outside];
}

function locksBelow(folder: string, depth: number): string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return depth > 1 ? locksBelow(path, depth - 1) : [];
    return found?.isFile() && name.endsWith('.lock') && found.size < MAX_LOCK_BYTES ? [path] : [];
  });
}

/** Whether a process is at work on this state folder: after a wake, an old number is somebody else's. */
function worksOnState(place: Place, pid: number): boolean {
  if (!existsSync('/proc/self')) return lives(pid);
  const variables = readText(`/proc/${pid}/environ`).split('\0');
  const state = variables.find((variable) => variable.startsWith('OPENCLAW_STATE_DIR='));
  if (state !== undefined) return state === `OPENCLAW_STATE_DIR=${stateDir(place)}`;
  return variables.includes(`HOME=${place.home}`);
}

function lives(pid: number): boolean {
  return attempt(() => process.kill(pid, 0), false);
}
