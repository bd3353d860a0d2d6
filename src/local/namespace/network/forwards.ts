/** Services on the host's loopback that a machine was told about, reachable inside under the same address. */
import { connect, type Socket } from 'node:net';
import { unbracketed } from '../../../core/proxy.ts';
import { joinSockets } from '../../runtimes/join-sockets.ts';
import { PROXY_PORT } from '../environment.ts';

export interface LoopbackTarget {
  /** As the URL names it. */
  host: '127.0.0.1' | '::1' | 'localhost';
  port: number;
}

// The gateway's own port must never lead to a gateway of the host.
const NEVER_FORWARDED = new Set([18789, PROXY_PORT]);

/** The loopback services that `*_URL` variables and npm's registry setting name. */
export function loopbackTargets(...envs: readonly Readonly<Record<string, string>>[]): LoopbackTarget[] {
  return envs
    .flatMap((env) => Object.entries(env))
    .filter(([name]) => name.endsWith('_URL') || name === 'NPM_CONFIG_REGISTRY')
    .flatMap(([, value]) => loopbackTarget(value) ?? []);
}

function loopbackTarget(value: string): LoopbackTarget | undefined {
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  const host = unbracketed(url.hostname);
  if (host !== '127.0.0.1' && host !== '::1' && host !== 'localhost') return undefined;
  const port = Number(url.port || (url.protocol === 'https:' || url.protocol === 'wss:' ? 443 : 80));
  return port === 0 || NEVER_FORWARDED.has(port) ? undefined : { host, port };
}

/** Joins a connection from inside to the same port on the host; either end closing closes the other. */
export function forwardTo(target: LoopbackTarget): (socket: Socket) => void {
  return (socket) => {
    const outside = connect({ host: target.host, port: target.port, autoSelectFamily: true });
    joinSockets(socket, outside);
  };
}

/** Whether two targets need the same listener inside. `localhost` is IPv4 there: the machine's hosts file says so. */
export function sameTarget(one: LoopbackTarget, other: LoopbackTarget): boolean {
  return one.port === other.port && listenAddress(one) === listenAddress(other);
}

/** Where the machine finds the target. */
export function listenAddress(target: LoopbackTarget): '127.0.0.1' | '::1' {
  return target.host === '::1' ? '::1' : '127.0.0.1';
}
