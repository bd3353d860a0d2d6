/** Requests to the background server that still arrive after it was replaced: it ends when nobody needs it, and when its package is updated. */
import type { LocalEndpoint } from './daemon.ts';

/**
 * A fetch for the server at `first`. Where nobody listens any more, the request goes to the server of now; one that was
 * sent is never sent again here.
 * @param ensure finds the server, or starts one; it keeps the key, and may have another address.
 */
export function daemonFetch(first: LocalEndpoint, ensure: () => Promise<LocalEndpoint>): typeof fetch {
  let present = first.baseUrl;
  const at = (url: string) => present + url.slice(first.baseUrl.length);
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    // A body that is a stream can be sent once only.
    if (input instanceof Request || !url.startsWith(first.baseUrl)) return fetch(input, init);
    try {
      return await fetch(at(url), init);
    } catch (error) {
      if (!isRefused(error)) throw error;
      present = (await ensure()).baseUrl;
      return await fetch(at(url), init);
    }
  };
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ECONNREFUSED';
}
