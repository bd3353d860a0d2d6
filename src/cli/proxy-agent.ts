/** The library behind a proxy, in a part of the bundle that only those behind one ever read. */
import { fetch as fetchThrough, ProxyAgent } from 'undici';
import type { CloudProxy } from '../config/cloud-proxy.ts';

/** A fetch whose every request goes through this proxy. */
export function fetchThroughProxy({ origin, authorization }: CloudProxy): typeof fetch {
  const dispatcher = new ProxyAgent({ uri: origin, ...(authorization && { token: authorization }) });
  return (input, init) => fetchThrough(input, { ...init, dispatcher });
}
