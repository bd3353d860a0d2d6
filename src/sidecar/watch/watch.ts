/** Looks after the gateway for as long as this program runs: one that ends is started again, one that is deaf is replaced. */
import { type Clock, systemClock } from '../../core/clock.ts';
import { ensureGatewayLocked } from '../gateway/ensure.ts';
import { gatewayPidFile } from '../gateway/files.ts';
import { needsFreshStart } from '../gateway/full-disk.ts';
import { isLive, readiness } from '../gateway/health.ts';
import { OOM_SCORE } from '../gateway/launch.ts';
import { endedAwake, fallsAsleep } from '../gateway/suspend.ts';
import type { Place } from '../place.ts';
import { raiseOomScore } from '../process/detach.ts';
import { endProcess, knownIdentity, livePid, lives } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import { mindLimit } from '../spend/keep.ts';
import { causeOfEnd } from './cause.ts';
import { addEvent, keptEvents } from './events.ts';
import { prepareFirstTurn } from './first-turn.ts';
import { type Act, continued, decide, type Look } from './watch-state.ts';

const LOOK_MS = 5_000;
/** Between two looks, whether its process is there: costs nothing. */
const GLANCE_MS = 1_000;
const LOCK_SECONDS = 200;
const END_MS = 10_000;

/** Resolves when `signal` aborts. The gateway runs on. */
export async function watchGateway(
  place: Place,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  let watch = continued(keptEvents(place), clock.elapsed(), clock.now());
  let known = '';
  while (!signal.aborted) {
    const look = await lookAt(place).catch((): Look => ({ is: 'unwanted' }));
    if ('identity' in look && look.identity !== known) {
      known = look.identity;
      raiseOomScore(Number.parseInt(known, 10), OOM_SCORE);
    }
    const decided = decide(watch, look, clock.elapsed());
    watch = decided.watch;
    if (decided.act) await carryOut(place, look, decided.act);
    if (look.is === 'well') void prepareFirstTurn(place, look.identity, clock, signal).catch(() => {});
    if (look.is === 'well') await mindLimit(place).catch(() => {});
    await pause(place, watch.due !== undefined || look.is === 'busy', clock, signal);
  }
}

async function lookAt(place: Place): Promise<Look> {
  const pidFile = gatewayPidFile(place);
  const identity = knownIdentity(pidFile);
  if (identity === undefined) return { is: 'unwanted' };
  if ((await livePid(pidFile)) === undefined) {
    const sleeps = fallsAsleep(place) || !(await endedAwake(place));
    return sleeps ? { is: 'unwanted' } : { is: 'gone', identity, why: causeOfEnd(place) };
  }
  const ready = await readiness(place);
  if (ready === 'yes') return { is: (await needsFreshStart(place)) ? 'stale' : 'well', identity };
  return { is: ready === 'no' && !(await isLive(place)) ? 'deaf' : 'busy', identity };
}

/** Whoever held the lock before may have seen to it, or have ended it on purpose. */
async function carryOut(place: Place, look: Look, { do: what, why }: Act): Promise<void> {
  if (what === 'leave') return addEvent(place, { why, did: 'left_down' });
  // Noted by the start itself, where the disk let it; the next look sees what became of it.
  await withLock(place, 'gateway', LOCK_SECONDS, async () => {
    const again = await lookAt(place);
    if (again.is !== look.is || !('identity' in again && 'identity' in look)) return;
    if (again.identity !== look.identity) return;
    if (what === 'replace') await endProcess(gatewayPidFile(place), END_MS);
    await ensureGatewayLocked(place, { why });
  }).catch(() => {});
}

/** Shorter where its process ends, or something is about to happen. */
async function pause(place: Place, soon: boolean, clock: Clock, signal: AbortSignal): Promise<void> {
  const pid = Number.parseInt(knownIdentity(gatewayPidFile(place)) ?? '', 10);
  const lived = lives(pid);
  try {
    for (let glances = soon ? 1 : LOOK_MS / GLANCE_MS; glances > 0; glances--) {
      await clock.sleep(GLANCE_MS, signal);
      if (lived && !lives(pid)) return;
    }
  } catch {
    // Told to end.
  }
}
