/**
 * Before a machine sleeps: which turns still run, and a gateway that takes no new ones where its version can promise that.
 * After a wake that kept everything the same gateway takes work again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ageMs, systemClock } from '../../core/clock.ts';
import { mcpDir, type Place } from '../place.ts';
import { machineBoot } from '../process/environment.ts';
import { endedInThisBoot, knownIdentity, livePid } from '../process/identity.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { writeWhole } from '../state/object-file.ts';
import { gatewayBootFile, gatewayPidFile } from './files.ts';
import { runningTurns } from './running-turns.ts';

const LOOK_MS = 300;
/** A gateway that was suspended takes work again after this long by itself, and so a machine that did not fall asleep is awake. */
const LEASE_MS = 120_000;

const ready = z.object({ status: z.literal('ready'), suspensionId: z.string() });
const busy = z.object({ status: z.literal('busy'), activeCount: z.catch(z.number(), 0) });

type Suspended = ReplyOf<'suspend_gateway'>;

/** Waits for running work as long as it is told, then answers in any case. */
export async function suspendGateway(
  place: Place,
  { wait_ms }: RequestOf<'suspend_gateway'>,
): Promise<Suspended> {
  const begun = systemClock.elapsed();
  for (;;) {
    const seen = await look(place);
    if (seen.state !== 'busy') writeWhole(sleepFile(place), new Date(systemClock.now()).toISOString());
    if (seen.state !== 'busy' || systemClock.elapsed() - begun >= wait_ms) return seen;
    await systemClock.sleep(LOOK_MS);
  }
}

async function look(place: Place): Promise<Suspended> {
  const turns = await runningTurns(place);
  if (turns.length > 0) return { state: 'busy', turns, blockers: 0 };
  if ((await livePid(gatewayPidFile(place))) === undefined) return { state: 'down', turns, blockers: 0 };
  return { turns, ...(await askToSuspend(place)) };
}

async function askToSuspend(place: Place): Promise<Pick<Suspended, 'state' | 'blockers'>> {
  const { json, text } = await askOpenClaw(place, ['gateway', 'suspend', '--json']);
  const done = ready.safeParse(json);
  if (done.success) {
    const of = knownIdentity(gatewayPidFile(place)) ?? '';
    writeWhole(suspensionFile(place), `${done.data.suspensionId} ${of}\n`);
    return { state: 'suspended', blockers: 0 };
  }
  // By somebody else, or by an earlier sleep of ours that came no further.
  if (text.includes('gateway-suspension-conflict')) return { state: 'suspended', blockers: 0 };
  const working = busy.safeParse(json);
  if (working.success) return { state: 'busy', blockers: working.data.activeCount };
  // Versions before 2026.9 do not know the command; nothing that we sent is running.
  return { state: 'idle', blockers: 0 };
}

/** A gateway that slept through its suspension, rather than being ended, would refuse work for up to two minutes. */
export async function resumeSuspended(place: Place): Promise<void> {
  rmSync(sleepFile(place), { force: true });
  const [, id, of] = /^(\S+) (.+)$/m.exec(readText(suspensionFile(place))) ?? [];
  rmSync(suspensionFile(place), { force: true });
  if (id === undefined || (await livePid(gatewayPidFile(place))) === undefined) return;
  if (of === knownIdentity(gatewayPidFile(place)))
    await askOpenClaw(place, ['gateway', 'resume', id, '--json']);
}

/** Whether the machine is about to fall asleep: what ends now was ended for that. */
export function fallsAsleep(place: Place): boolean {
  return ageMs(readText(sleepFile(place)), systemClock.now()) < LEASE_MS;
}

/**
 * Whether the gateway ended while its machine was awake. A machine on a person's computer that another client puts to sleep
 * leaves no note here, and wakes in the same boot of that computer: it has a mark of its own for each.
 */
export async function endedAwake(place: Place): Promise<boolean> {
  return readText(gatewayBootFile(place)) === machineBoot() && (await endedInThisBoot(gatewayPidFile(place)));
}

const suspensionFile = (place: Place): string => join(mcpDir(place), 'suspension');
const sleepFile = (place: Place): string => join(mcpDir(place), 'falls-asleep');
