/** Ends the gateway on purpose: its pid file goes too, so that nobody starts it again by themselves. */
import { rmSync } from 'node:fs';
import type { Place } from '../place.ts';
import { endProcess, livePid } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { adopt, portStaysHeld } from './ensure.ts';
import { gatewayPidFile } from './files.ts';

const LOCK_SECONDS = 150;

/** @throws SidecarError `port_taken`, `locked`. */
export function stopGateway(
  place: Place,
  { patience_ms }: RequestOf<'stop_gateway'>,
): Promise<ReplyOf<'stop_gateway'>> {
  return withLock(place, 'gateway', LOCK_SECONDS, async () => ({
    how: await stopGatewayLocked(place, patience_ms),
  }));
}

/**
 * For who holds the lock `gateway`.
 * @param timeoutMs a turn in flight makes newer releases drain for minutes, hence the bound.
 */
export async function stopGatewayLocked(
  place: Place,
  timeoutMs: number,
): Promise<ReplyOf<'stop_gateway'>['how']> {
  const pidFile = gatewayPidFile(place);
  const known = await livePid(pidFile);
  if (known === undefined && (await portStaysHeld(place))) await adopt(place);
  const how = await endProcess(pidFile, timeoutMs);
  rmSync(pidFile, { force: true });
  return how;
}
