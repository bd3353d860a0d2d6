/** Makes the gateway work: nothing to do where it does, else adopted, waited for, replaced or started. */
import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { authFile, openclawCommand, type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { endProcess, livePid, writePidFile } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { keepPlugin, settingsNamePlugin } from '../spend/plugin-files.ts';
import { renewAuth } from '../state/mend.ts';
import { gatewayPidFile } from './files.ts';
import { needsFreshStart } from './full-disk.ts';
import { authenticated, portOpen, readiness, works } from './health.ts';
import { type Launch, launchGateway, untilWorks } from './launch.ts';
import { describeProcess, portOwner } from './port-owner.ts';
import { resumeSuspended } from './suspend.ts';

type Ensured = ReplyOf<'start_gateway'>;

/** Another start may be under way, which takes up to 150 s. */
const LOCK_SECONDS = 200;
/** Ours, and starting or deaf. */
const COME_TO_WORK_MS = 45_000;
/** A restart inside its own process first lets its turns end; to replace it meanwhile would cut and repeat them. */
const DRAIN_MS = 160_000;
const END_MS = 10_000;
/** How long a port may stay taken after its process was killed; until then nobody can tell whose it was. */
const PORT_MS = 3_000;
const LOOK_MS = 200;

/** @throws SidecarError as `ensureGateway`. */
export async function startGateway(
  place: Place,
  { addresses }: RequestOf<'start_gateway'>,
): Promise<ReplyOf<'start_gateway'>> {
  await resumeSuspended(place);
  return ensureGateway(place, { addresses });
}

/** @throws SidecarError as `ensureGatewayLocked`, and `locked`. */
export async function ensureGateway(place: Place, launch: Launch = {}): Promise<Ensured> {
  const fine = (await works(place)) && (await livePid(gatewayPidFile(place))) !== undefined;
  if (fine && !(await needsFreshStart(place))) return { started: false, repaired: [] };
  return withLock(place, 'gateway', LOCK_SECONDS, () => ensureGatewayLocked(place, launch));
}

/**
 * For who holds the lock already, so that nobody starts the gateway between a stop and a start of theirs.
 * @throws SidecarError `not_installed`, `not_configured`, `secrets_unreadable`, `port_taken`, and as `launchGateway`.
 */
export async function ensureGatewayLocked(place: Place, launch: Launch = {}): Promise<Ensured> {
  const repaired = prerequisites(place);
  const pidFile = gatewayPidFile(place);
  let { why } = launch;
  if ((await livePid(pidFile)) !== undefined) {
    why = (await needsFreshStart(place)) ? 'full_disk' : 'deaf';
    if (why === 'deaf' && (await comesToWork(place))) return { started: false, repaired };
    repaired.push(why === 'deaf' ? 'hung_gateway' : 'full_disk');
    await endProcess(pidFile, END_MS);
  } else if (await portStaysHeld(place)) {
    await adopt(place);
    return { started: false, repaired: [...repaired, 'pid_file'] };
  } else {
    repaired.push('gateway');
  }
  await launchGateway(place, { ...launch, why });
  return { started: true, repaired };
}

/** @throws SidecarError `gateway_not_ready` where it still lets turns end: it is at work, and not to be replaced. */
async function comesToWork(place: Place): Promise<boolean> {
  const begun = systemClock.elapsed();
  do {
    if (await untilWorks(place, COME_TO_WORK_MS)) return true;
    if ((await readiness(place)) !== 'draining') return false;
  } while (systemClock.elapsed() - begun < DRAIN_MS);
  throw new SidecarError('gateway_not_ready');
}

/** @throws SidecarError `not_installed`, `not_configured`, `secrets_unreadable`. @returns what was put back. */
export function prerequisites(place: Place): Ensured['repaired'] {
  const [node = '', openclaw = ''] = openclawCommand(place);
  if (!isProgram(node) || isEmpty(openclaw)) throw new SidecarError('not_installed');
  const files = [settingsFile(place), secretsFile(place)];
  if (files.some(isEmpty)) throw new SidecarError('not_configured');
  mkdirSync(join(stateDir(place), 'logs'), { recursive: true, mode: 0o700 });
  const repaired: Ensured['repaired'] = [];
  // Newer releases refuse to start with a secrets file that others can read.
  const open = files.filter((file) => (statSync(file).mode & 0o777) !== 0o600);
  for (const file of open) chmodSync(file, 0o600);
  if (open.length > 0) repaired.push('file_modes');
  if (isEmpty(authFile(place))) {
    if (renewAuth(place).auth === 'unreadable') throw new SidecarError('secrets_unreadable');
    repaired.push('auth_file');
  }
  if (settingsNamePlugin(place)) keepPlugin(place);
  return repaired;
}

/** Whether somebody holds the port who is our gateway, or has held it for some seconds. */
export async function portStaysHeld(place: Place): Promise<boolean> {
  const begun = systemClock.elapsed();
  while (await portOpen(place)) {
    if ((await authenticated(place)) === 'yes' || systemClock.elapsed() - begun >= PORT_MS) return true;
    await systemClock.sleep(LOOK_MS);
  }
  return false;
}

/**
 * Something answers on the port, and no pid file says who: our own gateway knows our token.
 * @throws SidecarError `port_taken`, saying by whom.
 */
export async function adopt(place: Place): Promise<void> {
  const pid = await portOwner(place);
  if ((await authenticated(place)) !== 'yes') {
    throw new SidecarError(
      'port_taken',
      `port ${place.port} is held by process ${await describeProcess(pid)}`,
    );
  }
  if (pid !== undefined) await writePidFile(gatewayPidFile(place), pid);
}

function isProgram(file: string): boolean {
  return attempt(() => accessSync(file, constants.X_OK) === undefined, false);
}

function isEmpty(file: string): boolean {
  return attempt(() => statSync(file).size === 0, true);
}
