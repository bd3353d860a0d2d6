/** Work that nobody waits for. */
import type { Log } from '../../core/log.ts';

/** Resolves when `work` has ended; a failure (a full disk, say) is logged and does not end the server. */
export async function background(log: Log, what: string, work: Promise<unknown> | undefined): Promise<void> {
  try {
    await work;
  } catch (error) {
    log.warn(`${what} failed`, { error: String(error) });
  }
}
