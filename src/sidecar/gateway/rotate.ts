/** A new gateway token, made here and never sent anywhere; done only when the gateway refuses the old one. */
import type { Place } from '../place.ts';
import { withLock } from '../process/lock.ts';
import type { ReplyOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { renewToken } from '../state/mend.ts';
import { askGateway } from './ask.ts';
import { ensureGatewayLocked, prerequisites } from './ensure.ts';
import { stopGatewayLocked } from './stop.ts';

const CONFIGURE_SECONDS = 30;
const GATEWAY_SECONDS = 150;
const STOP_MS = 20_000;
const ASK_MS = 5_000;

/** @throws SidecarError `old_token_accepted`, `secrets_unreadable`, and as `ensureGatewayLocked`. */
export async function rotateToken(place: Place): Promise<ReplyOf<'rotate_token'>> {
  prerequisites(place);
  const old = await withLock(place, 'configure', CONFIGURE_SECONDS, () => renewToken(place));
  await withLock(place, 'gateway', GATEWAY_SECONDS, async () => {
    await stopGatewayLocked(place, STOP_MS);
    await ensureGatewayLocked(place);
  });
  const answer = await askGateway(place, '/v1/models', undefined, ASK_MS, `Bearer ${old}`);
  if (answer?.status !== 401) throw new SidecarError('old_token_accepted');
  return {};
}
