/** How the gateway is, layer by layer, cheapest first. What was not asked says `not_checked`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { askGateway } from '../gateway/ask.ts';
import { authenticated, isLive, portOpen, readiness } from '../gateway/health.ts';
import { describeProcess, portOwner } from '../gateway/port-owner.ts';
import { mcpDir, type Place } from '../place.ts';
import { identityOf } from '../process/identity.ts';
import { ourGateways } from './our-gateways.ts';
import type { GatewayState } from './protocol.ts';

const STARTUP_MS = 3_000;

export async function gatewayState(place: Place): Promise<GatewayState> {
  if (!(await portOpen(place))) return { ...NOT_CHECKED, listening: false };
  if (!(await isLive(place))) return { ...NOT_CHECKED, listening: true, health: 'no' };
  const token = existsSync(join(mcpDir(place), 'auth'));
  return {
    listening: true,
    health: 'live',
    ready: await readiness(place),
    authenticated: token ? await authenticated(place) : 'no_token',
  };
}

const NOT_CHECKED = { health: 'not_checked', ready: 'not_checked', authenticated: 'not_checked' } as const;

/** Older releases answer its path with their user interface. */
export async function startup(place: Place, health: GatewayState['health']) {
  if (health !== 'live') return 'not_checked';
  const answer = await askGateway(place, '/startupz', undefined, STARTUP_MS);
  return answer?.body.startsWith('{') ? 'json' : 'unsupported';
}

const LOOKS = 10;
const PAUSE_MS = 200;

/**
 * Who holds the port where our record names nobody, as "pid (name)"; undefined where nobody else does. A gateway that was
 * killed gives it up within moments, so nobody is accused at the first look, nor where the holder can no longer be told.
 */
export async function foreignOwner(place: Place): Promise<string | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    if (!(await portOpen(place))) return undefined;
    const owner = await portOwner(place);
    if (owner !== undefined && (await ourGateways(place)).includes(owner)) return undefined;
    if (owner !== undefined && (await identityOf(owner)) !== undefined) return describeProcess(owner);
    await systemClock.sleep(PAUSE_MS);
  }
  return describeProcess(undefined);
}
