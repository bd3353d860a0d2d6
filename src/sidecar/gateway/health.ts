/** How the gateway answers. Bodies decide: some releases answer every path with 200 and their user interface. */

import { connect } from 'node:net';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import type { Place } from '../place.ts';
import { askGateway } from './ask.ts';

const PROBE_MS = 3_000;
const MODELS_MS = 5_000;
const CONNECT_MS = 2_000;

/** yes: it takes work · starting, draining: it will, or did · no: it says neither. */
export type Ready = 'yes' | 'starting' | 'draining' | 'no';

/** - refused: it is not our token that it wants · no: what answers is no gateway, or nobody does */
export type Authenticated = 'yes' | 'refused' | 'no';

export function portOpen({ port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: CONNECT_MS });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}

export async function isLive(place: Place): Promise<boolean> {
  return (await bodyOf(place, '/healthz', PROBE_MS)).ok === true;
}

export async function readiness(place: Place): Promise<Ready> {
  const body = await bodyOf(place, '/readyz', PROBE_MS);
  if (body.ready === true) return 'yes';
  if (JSON.stringify(body).includes('draining')) return 'draining';
  return body.ready === false ? 'starting' : 'no';
}

export async function authenticated(place: Place): Promise<Authenticated> {
  const body = await bodyOf(place, '/v1/models', MODELS_MS);
  if (body.data !== undefined) return 'yes';
  return /unauthorized/i.test(JSON.stringify(body)) ? 'refused' : 'no';
}

/** Ready, and it takes our token. */
export async function works(place: Place): Promise<boolean> {
  return (await readiness(place)) === 'yes' && (await authenticated(place)) === 'yes';
}

/** Empty where nobody answers with an object. */
async function bodyOf(place: Place, path: string, timeoutMs: number): Promise<Record<string, unknown>> {
  const body = parseJson((await askGateway(place, path, undefined, timeoutMs))?.body ?? '');
  return isPatch(body) ? body : {};
}
