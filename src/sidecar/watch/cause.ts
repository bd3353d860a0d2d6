/** Why a gateway ended, by its exit code where this program started it, by what it printed, and by the kernel's count. */

import { gatewayOutput, gatewayPidFile, lastPrinted, oomKillsFile } from '../gateway/files.ts';
import { oomKills } from '../gateway/memory.ts';
import type { Place } from '../place.ts';
import { knownIdentity } from '../process/identity.ts';
import { readText } from '../read-text.ts';

/** Of OpenClaw, as of sysexits.h: its configuration cannot be used. */
const CONFIGURATION = 78;
const REFUSAL =
  /Config invalid|Gateway start blocked|Refusing to bind gateway|required secrets are unavailable/;
/** A refusal is the last thing that it prints. */
const LAST_WORDS = 2_000;

/** Of the newest gateway that this program started; nobody else can know. */
let known: { pid: number; code: number | null } | undefined;

export function keepExitCode(pid: number, code: number | null): void {
  known = { pid, code };
}

/** Of the one in the pid file, before another is started in its place. */
export function causeOfEnd(place: Place): 'ended' | 'out_of_memory' | 'refused' {
  if (ranOutOfMemory(place, readText(oomKillsFile(place)).trim())) return 'out_of_memory';
  const pid = Number.parseInt(knownIdentity(gatewayPidFile(place)) ?? '', 10);
  const code = known?.pid === pid ? known.code : undefined;
  if (code === CONFIGURATION) return 'refused';
  // Killed, or ended in order: whatever it said before was no reason.
  if (code === null || code === 0) return 'ended';
  return REFUSAL.test(lastPrinted(place).slice(-LAST_WORDS)) ? 'refused' : 'ended';
}

/** @param before the kernel's count when it was started; empty where that is not known. */
export function ranOutOfMemory(place: Place, before: string): boolean {
  return (
    (before !== '' && oomKills() !== before) ||
    lastPrinted(place, gatewayOutput(place)).includes('heap out of memory')
  );
}
