/** Requests through the company's proxy: Node's own fetch does not look at HTTPS_PROXY. */
import { isLoopback } from '../config/config.ts';

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const;

/**
 * A fetch that goes through the proxy that this process's environment names, NO_PROXY respected; undefined where it
 * names none, and for this computer itself.
 * @param baseUrl where the requests will go.
 */
export async function proxyFetch(baseUrl: string): Promise<typeof fetch | undefined> {
  if (!PROXIES.some((name) => process.env[name]) || isLoopback(new URL(baseUrl).hostname)) return undefined;
  const { EnvHttpProxyAgent, fetch: fetchThrough } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  return (input, init) => fetchThrough(input, { ...init, dispatcher });
}
