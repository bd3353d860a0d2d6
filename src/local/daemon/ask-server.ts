/** One question to a local API of this computer, as another process asks it. */
import type { Clock } from '../../core/clock.ts';
import type { ReadyFile } from './ready-file.ts';

const TIMEOUT_MS = 2_000;

/** The JSON that it answers; undefined when it does not answer in time, or with a refusal. */
export async function askServer(
  { base_url, api_key }: Pick<ReadyFile, 'base_url' | 'api_key'>,
  path: string,
  clock: Clock,
): Promise<unknown> {
  const timeout = new AbortController();
  const timer = clock.sleep(TIMEOUT_MS, timeout.signal).then(() => timeout.abort());
  try {
    const response = await fetch(`${base_url}${path}`, {
      headers: { 'x-api-key': api_key },
      redirect: 'error',
      signal: timeout.signal,
    });
    const body: unknown = await response.json();
    return response.ok ? body : undefined;
  } catch {
    // On its way up or down.
    return undefined;
  } finally {
    timeout.abort();
    await timer.catch(() => {});
  }
}
