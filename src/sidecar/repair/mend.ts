/** Mends what is safe to mend, each thing only when it is asked for and still wrong. State is never removed. */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { gatewayPidFile } from '../gateway/files.ts';
import { isLive, portOpen } from '../gateway/health.ts';
import { memoryLimitMib } from '../gateway/memory.ts';
import { otherGateways, staleLocks } from '../look/our-gateways.ts';
import { authFile, lastGoodFile, mcpDir, type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { endProcess, identityOf, livePid } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { mendKeys, renewAuth } from '../state/mend.ts';
import { textOf, writeWhole } from '../state/object-file.ts';
import { mendDisk } from './disk.ts';
import { MENDS } from './protocol.ts';

type Mend = (place: Place, request: RequestOf<'mend'>) => Promise<string | undefined> | string | undefined;

const GATEWAY_SECONDS = 150;
const LOOK_MS = 100;
const TERM_MS = 10_000;
const DEAF_LOOKS = 3;
const BETWEEN_LOOKS_MS = 500;
const END_DEAF_MS = 3_000;

/** What each says that had an effect; undefined where nothing had to be done. */
const DOING: Record<(typeof MENDS)[number], Mend> = {
  disk: mendDisk,
  duplicates: endDuplicates,
  hung: endHung,
  locks: removeLocks,
  modes: closeModes,
  config: restoreConfig,
  keys: (place, request) => {
    mendKeys(place, request);
    return 'yes';
  },
  auth: (place) => (renewAuth(place).auth === 'written' ? 'yes' : undefined),
  low_memory: (place) => {
    // Read by every start of the gateway, as long as the machine has no more memory than now.
    writeWhole(join(mcpDir(place), 'low-memory'), `${memoryLimitMib()}\n`);
    return 'yes';
  },
};

/** @throws SidecarError `locked`. */
export async function mend(place: Place, request: RequestOf<'mend'>): Promise<ReplyOf<'mend'>> {
  return withLock(place, 'gateway', GATEWAY_SECONDS, async () => {
    const done: ReplyOf<'mend'>['done'] = {};
    for (const name of MENDS.filter((each) => request.mends.includes(each))) {
      const effect = await DOING[name](place, request);
      if (effect !== undefined) done[name] = effect;
    }
    return { done };
  });
}

async function endDuplicates(place: Place): Promise<string | undefined> {
  let ended = 0;
  for (const pid of await otherGateways(place)) if (await endGateway(pid)) ended += 1;
  return counted(ended);
}

const counted = (count: number) => (count === 0 ? undefined : String(count));

/** TERM, then KILL. */
async function endGateway(pid: number): Promise<boolean> {
  const identity = await identityOf(pid);
  if (identity === undefined || !signal(pid, 'SIGTERM')) return false;
  const begun = systemClock.elapsed();
  while ((await identityOf(pid)) === identity) {
    if (systemClock.elapsed() - begun > TERM_MS) signal(pid, 'SIGKILL');
    await systemClock.sleep(LOOK_MS);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  return attempt(() => process.kill(pid, name), false);
}

/** Listening without answering: a starting gateway does not listen yet, a busy one answers within seconds. */
async function endHung(place: Place): Promise<string | undefined> {
  const pidFile = gatewayPidFile(place);
  if ((await livePid(pidFile)) === undefined || !(await portOpen(place))) return undefined;
  for (let looks = 1; !(await isLive(place)); looks++) {
    if (looks >= DEAF_LOOKS) return endProcess(pidFile, END_DEAF_MS);
    await systemClock.sleep(BETWEEN_LOOKS_MS);
  }
  return undefined;
}

async function removeLocks(place: Place): Promise<string | undefined> {
  const stale = await staleLocks(place);
  for (const file of stale) rmSync(file, { force: true });
  return counted(stale.length);
}

function closeModes(place: Place): string {
  chmodSync(stateDir(place), 0o700);
  for (const file of [settingsFile(place), secretsFile(place), authFile(place)]) {
    if (existsSync(file)) chmodSync(file, 0o600);
  }
  return 'yes';
}

/** The broken one is kept beside it: somebody wrote it for a reason. */
function restoreConfig(place: Place): string | undefined {
  const [config, good] = [settingsFile(place), lastGoodFile(place)];
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeOf(good) === 0) return undefined;
  if (sizeOf(config) > 0) {
    if (readFileSync(good).equals(readFileSync(config))) return undefined;
    keepBroken(place, config);
  }
  writeWhole(config, readFileSync(good, 'utf8'));
  return 'restored';
}

/** One of an earlier repair stays under a name of its own; the last one has the name that the person is told. */
function keepBroken(place: Place, config: string): void {
  const kept = join(mcpDir(place), 'openclaw.broken.json');
  const before = textOf(kept);
  if (before === readFileSync(config, 'utf8')) return;
  if (before !== '') renameSync(kept, unusedName(kept));
  copyFileSync(config, kept);
}

function unusedName(file: string): string {
  let count = 1;
  while (existsSync(`${file}.${count}`)) count++;
  return `${file}.${count}`;
}
