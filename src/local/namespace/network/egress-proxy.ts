/** The one way out of a machine: an HTTP proxy that runs on the host and will not connect to the host itself. */
import type { LookupAddress, lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { type PrepareRequestFunctionOpts, RequestError, Server } from 'proxy-chain';
import { unbracketed } from '../../../core/proxy.ts';
import { isHostItself, namesHostItself, upstreamProxy } from './reachable.ts';

export interface EgressProxy {
  /** Serves one connection of a machine. */
  serve(socket: Socket): void;
  /** Ends every connection. */
  close(): void;
}

/** A proxy that chains to the host's own proxy where `hostEnv` (HTTPS_PROXY, NO_PROXY, …) has one for a target. */
export function egressProxy(hostEnv: Readonly<Record<string, string>>): EgressProxy {
  const proxy = new Server({
    prepareRequestFunction: async (request) => route(hostEnv, request),
  });
  // The client is told; there is nobody else to tell.
  proxy.on('requestFailed', () => {});
  return {
    serve: (socket) => void proxy.server.emit('connection', socket),
    close: () => proxy.closeConnections(),
  };
}

async function route(hostEnv: Readonly<Record<string, string>>, request: PrepareRequestFunctionOpts) {
  const hostname = unbracketed(request.hostname);
  if (namesHostItself(hostname)) throw refusal();
  const upstreamProxyUrl = upstreamProxy(hostEnv, request);
  const addresses = isIP(hostname) === 0 ? await resolved(hostname) : [];
  if (addresses.some(({ address }) => isHostItself(address))) throw refusal();
  // Behind a company proxy a computer often cannot resolve names of the internet; that proxy can.
  if (upstreamProxyUrl !== undefined) return { upstreamProxyUrl };
  if (isIP(hostname) !== 0) return {};
  if (addresses.length === 0) throw answer('The host name could not be resolved', 502);
  return { dnsLookup: pinned(addresses) };
}

function refusal(): RequestError {
  return answer(
    'A local machine may not connect to the computer that it runs on, nor to where a cloud keeps its credentials',
    403,
  );
}

function answer(text: string, status: number): RequestError {
  const error = new RequestError(text, status);
  // The library knows its errors by their class's name, which a minified bundle has changed.
  error.name = 'RequestError';
  return error;
}

async function resolved(hostname: string): Promise<LookupAddress[]> {
  return resolve(hostname, { all: true }).catch(() => []);
}

/** Answers with the addresses that were checked: a second look-up could answer otherwise. */
function pinned(addresses: readonly LookupAddress[]): typeof lookup {
  const reply = (_hostname: string, options: unknown, callback?: unknown): void => {
    if (typeof callback !== 'function') return;
    const wantsAll = typeof options === 'object' && options !== null && 'all' in options && options.all;
    if (wantsAll) callback(null, addresses);
    else callback(null, addresses[0]?.address, addresses[0]?.family);
  };
  return Object.assign(reply, { __promisify__: resolve });
}
