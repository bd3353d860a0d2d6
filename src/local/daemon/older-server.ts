/** The background server goes on when its package is updated: one of an older version is ended while all its machines sleep, so that nothing is lost. */
import semver from 'semver';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import { sendSignal } from '../../core/process.ts';
import { askServer } from './ask-server.ts';
import { livingHolder } from './lock.ts';
import { livingServer, localFolder, type ReadyFile } from './ready-file.ts';

// Its machines sleep, so there is next to nothing to end.
const END_TIMEOUT_MS = 15_000;

export interface Update {
  stateDir: string;
  /** Of the package that asks. */
  version: string;
  clock: Clock;
}

/** Whether `server` is of an older package than `version`. A newer one speaks the same `/v1`. */
export function isOlder(server: Pick<ReadyFile, 'version'>, version: string): boolean {
  return semver.lt(semver.valid(server.version) ?? '0.0.0', semver.valid(version) ?? '0.0.0');
}

/**
 * Ends a background server of an older version while all of its machines sleep: they lose nothing. With one awake it stays, and
 * so does one that a person started.
 * @returns whether it is over.
 * @throws AppError `unavailable` when it was told to end and does not.
 */
export async function endOlder(server: ReadyFile, { stateDir, version, clock }: Update): Promise<boolean> {
  if (!server.background || !isOlder(server, version) || (await someAwake(server, clock))) return false;
  // Somebody else may have replaced it since.
  if ((await livingServer(stateDir))?.pid === server.pid) sendSignal(server.pid, 'SIGTERM');
  const pace = { intervalMs: 20, maxIntervalMs: 200, timeoutMs: END_TIMEOUT_MS };
  try {
    return await poll({ clock, what: 'the old local API to end', ...pace }, async () => ({
      done: (await livingHolder(localFolder(stateDir))) === server.pid ? undefined : true,
    }));
  } catch (cause) {
    if (!isAppError(cause, 'timeout')) throw cause;
    throw new AppError(
      'unavailable',
      `The local API of an older version (process ${server.pid}) does not end`,
      {
        next: `Run kill -9 ${server.pid}, then repeat the call: machines and their files stay.`,
        cause,
      },
    );
  }
}

const machines = z.object({
  items: z
    .array(z.object({ phase: z.string().optional(), status: z.object({ phase: z.string() }).optional() }))
    .nullable(),
});
const AT_REST = new Set(['sleeping', 'destroyed', 'failed']);

/** Also when it does not say. */
async function someAwake(server: ReadyFile, clock: Clock): Promise<boolean> {
  const read = machines.safeParse(await askServer(server, '/v1/machines', clock));
  if (!read.success) return true;
  return (read.data.items ?? []).some(({ phase, status }) => !AT_REST.has(phase ?? status?.phase ?? ''));
}
