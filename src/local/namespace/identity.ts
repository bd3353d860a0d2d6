/**
 * As which user of this computer a machine's root runs: never as root. A machine can reach files of the host through the
 * program that enters it (as /proc/PID/exe), through devices and through the kernel's settings; it cannot write to them
 * because they belong to another user.
 */
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { succeeds } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';

/** Ids of the host; also the two options of `spawn` of these names. */
export interface Identity {
  uid: number;
  gid: number;
}

/** The lines of a `/proc/self/uid_map` and `gid_map`: first id, its id outside, how many. */
export interface IdMaps {
  uid: string;
  gid: string;
}

// Left to nobody by distributions, systemd and the ranges of useradd, and small enough for any container.
const SPARE = 65_533;
// "Nobody" is what unmapped ids look like, and 16-bit file systems take the next one for none.
const MEANS_SOMETHING = new Set([0, 65_534, 65_535]);
const WAY_OUT = 'Start it as an ordinary user, or, where nothing has to be isolated, with --runtime process.';

/**
 * An ordinary user's own ids. For root, ids that own nothing.
 * @throws AppError `unsupported` when this process is root and its user namespace has no other id
 */
export function machineIdentity(self: Identity = own(), maps: IdMaps = ownMaps()): Identity {
  if (self.uid !== 0) return self;
  const [uid, gid] = [spareId(maps.uid), spareId(maps.gid)];
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new AppError(
    'unsupported',
    'A machine of root may not be root of this computer, and there is no other user id here',
    { next: WAY_OUT },
  );
}

/**
 * Sees to it that the programs of the host that a machine can meet cannot be changed by it.
 * @throws AppError `unsupported` with the first one that can
 */
export function assertUnchangeable(programs: readonly string[], identity: Identity): void {
  const weak = programs.find((program) => changeableBy(program, identity));
  if (weak === undefined) return;
  const what = `${weak} could be overwritten from inside a machine: it belongs to the user that machines run as`;
  throw new AppError('unsupported', what, { next: WAY_OUT });
}

function changeableBy(program: string, identity: Identity): boolean {
  const { uid, gid, mode } = statSync(realpathSync(program));
  if (uid === identity.uid || (mode & 0o002) !== 0) return true;
  if (gid === identity.gid && (mode & 0o020) !== 0) return true;
  return identity.uid === own().uid && mayWrite(program);
}

/** For an ordinary user, whose other groups and access lists count too. */
function mayWrite(program: string): boolean {
  return succeeds(() => accessSync(program, constants.W_OK));
}

function spareId(map: string): number | undefined {
  const ranges = map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]) => ({ first, last: first + count - 1 }));
  if (ranges.some(({ first, last }) => first <= SPARE && SPARE <= last)) return SPARE;
  return ranges
    .map(({ last }) => last)
    .filter((id) => !MEANS_SOMETHING.has(id) && id > 0)
    .sort((a, b) => b - a)[0];
}

function own(): Identity {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

function ownMaps(): IdMaps {
  return { uid: readFileSync('/proc/self/uid_map', 'utf8'), gid: readFileSync('/proc/self/gid_map', 'utf8') };
}
