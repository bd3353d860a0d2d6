/** Who may talk to the local API: programs of this computer that hold its key, and no web page. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { coded } from './problems.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses a request under any other name than loopback: a web page whose own name was made to point here
 * (DNS rebinding) still sends that name.
 * @throws ApiProblem 403
 */
export function checkHost(request: Request): void {
  const host = request.headers.get('host');
  const url = new URL(request.url);
  const name = host === null ? url.hostname : host.replace(/:\d+$/, '');
  if (!LOOPBACK.has(name)) throw coded(403, 'AUTH_SCOPE_FORBIDDEN', 'only loopback host names are served');
}

/** @throws ApiProblem 401 unless `x-api-key` or the bearer token is the key. */
export function checkKey(request: Request, apiKey: string): void {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const given = [request.headers.get('x-api-key'), bearer].filter(
    (key) => typeof key === 'string' && key !== '',
  );
  if (given.length === 0) throw coded(401, 'AUTH_REQUIRED', 'missing Dedalus API key');
  if (!given.some((key) => equal(key ?? '', apiKey))) {
    throw coded(401, 'AUTH_INVALID', 'invalid Dedalus API key');
  }
}

/** Takes the same time wherever the two differ. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
