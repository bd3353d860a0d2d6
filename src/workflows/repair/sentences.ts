/** What a repair says in our words about what it did, and about a machine that it could not reach. */
import type { AppError } from '../../core/errors.ts';
import type { Mend, Mended } from '../../openclaw/repair/ports.ts';

const SENTENCES: Readonly<Record<Mend, (value: string) => string>> = {
  disk: (mib) => `Freed ${number(mib)} MiB of caches, unused versions, ended jobs and old log lines`,
  duplicates: (count) => `Ended ${number(count)} more gateway(s)`,
  hung: () => 'Ended the gateway that did not answer',
  locks: (count) => `Removed ${number(count)} stale lock file(s)`,
  modes: () => 'Made the files with secrets and settings private again',
  config: () =>
    'Put back the last configuration with which the gateway had worked; the broken one is kept as openclaw.broken.json in .openclaw-mcp',
  keys: () => 'Put the provider keys that this server holds, and a token, where they were missing',
  auth: () => 'Wrote the access token file again',
  low_memory: () => 'The gateway now starts with the flags that spare memory',
};

/** One sentence for each mend that had an effect. */
export function mendedSentence(mended: Mended): string[] {
  return Object.entries(mended).flatMap(([name, value]) => (isMend(name) ? [SENTENCES[name](value)] : []));
}

function isMend(name: string): name is Mend {
  return Object.hasOwn(SENTENCES, name);
}

/** The machine counted it itself; only a number of it reaches our sentence. */
function number(text: string): string {
  return /^\d{1,9}$/.test(text) ? text : '?';
}

/** What is left to do about a machine that does not come up by itself any more. */
export function lostMachine(error: AppError, machineId: string): string {
  const { platform_reason: reason, reason: ours, replaceable } = error.details;
  const why = typeof reason === 'string' ? ` (${reason})` : '';
  if (replaceable === false) {
    return `The machine does not start${why}, since the quota is used up: call list_machines and destroy what is not needed.`;
  }
  const waiting =
    ours === 'placement_stuck' || reason === 'NoReadyHosts' || reason === 'StorageProvisioningFailed'
      ? ' No host has room for it now: waiting may help, and so do fewer or smaller machines.'
      : '';
  return `The machine does not come back by itself${why}.${waiting} Else deploy_openclaw under another name, restore a backup there with backup_openclaw if there is one, and then destroy_machine "${machineId}": what lies on it can no longer be read.`;
}

/** The whole of a repair in one paragraph. */
export function repairSummary(
  found: readonly string[],
  done: readonly string[],
  left: readonly string[],
): string {
  const parts = [
    found.length === 0 ? 'nothing was wrong' : `found: ${found.join('; ')}`,
    done.length === 0 ? 'nothing was changed' : `done: ${done.join('; ')}`,
    ...(left.length === 0 ? [] : [`left: ${left.join(' ')}`]),
  ];
  return parts.join('. ');
}
