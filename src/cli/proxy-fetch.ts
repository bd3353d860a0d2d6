/** Requests through the company's proxy: Node's own fetch does not look at HTTPS_PROXY. */
import { type CloudProxy, cloudProxy } from '../config/cloud-proxy.ts';
import type { Environment } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import { causes, isUnreachable } from '../dedalus/network-errors.ts';

/**
 * A fetch that goes through the proxy that the environment names for `baseUrl`; undefined where it names none.
 * @param baseUrl where the requests will go.
 * @throws AppError `config` that names the variable of a proxy that cannot be one.
 */
export async function proxyFetch(env: Environment, baseUrl: string): Promise<typeof fetch | undefined> {
  const proxy = cloudProxy(env, baseUrl);
  if (proxy === undefined) return undefined;
  const { fetchThroughProxy } = await import('./proxy-agent.ts');
  const through = fetchThroughProxy(proxy);
  return async (input, init) => {
    try {
      return await through(input, init);
    } catch (error) {
      throw proxyError(error, proxy) ?? error;
    }
  };
}

/** Node's own fetch, but for addresses to which a proxy of the environment leads. */
export function fetchFor(env: Environment): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : `${input}`;
    return ((await proxyFetch(env, url)) ?? fetch)(input, init);
  };
}

/** What the proxy itself is to blame for; undefined where it is not known to be. */
function proxyError(error: unknown, { variable, authorization }: CloudProxy): AppError | undefined {
  const status = causes(error)
    .map((cause) => /^Proxy response \((\d{3})\)/.exec(cause instanceof Error ? cause.message : '')?.[1])
    .find((found) => found !== undefined);
  if (status === '407') {
    const what =
      authorization === undefined
        ? 'wants a user name and a password'
        : 'did not accept its user name and password';
    return new AppError('unavailable', `The proxy that ${variable} names ${what} (407)`, {
      next: `Write the right user name and password into ${variable}, percent-encoded, and restart the server.`,
      details: { reason: 'proxy_refused', retryable: false },
    });
  }
  if (status !== undefined) {
    return new AppError(
      'unavailable',
      `The proxy that ${variable} names refused the connection (${status})`,
      {
        next: `Ask whoever runs the proxy to allow it, or correct ${variable} and restart the server.`,
        details: { reason: 'unreachable', retryable: Number(status) >= 500 },
      },
    );
  }
  // Through a proxy, this computer connects to nothing but the proxy.
  if (isUnreachable(error)) {
    return new AppError('unavailable', `The proxy that ${variable} names cannot be reached`, {
      next: `Correct ${variable} and restart the server, or start the proxy and try again.`,
      details: { reason: 'unreachable', retryable: true },
    });
  }
  return undefined;
}
