/** Ends the processes of one command without ending the one that collects them. */
import type { Clock } from '../../core/clock.ts';
import { onAppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import { sendSignal } from '../../core/process.ts';
import { processTable } from './process-table.ts';

// What is left then hangs in the kernel, and goes with the machine.
const END_TIMEOUT_MS = 5_000;

/**
 * SIGKILLs the command that `nsenter` waits for and its process group, but `nsenter` itself only while it has nobody to
 * wait for yet. If it died first, its child would be the host's to collect, and where the host's first process collects
 * nobody, as in many containers, the machine could never end. Begins at once; resolves when `over` says so. Never throws.
 */
export async function killGroup(leader: number, over: () => boolean, clock: Clock): Promise<void> {
  const pace = { intervalMs: 5, maxIntervalMs: 100, timeoutMs: END_TIMEOUT_MS };
  await poll({ clock, what: 'a command to end', ...pace }, async () => ({
    done: over() || !killAll(leader) || undefined,
  })).catch(onAppError(undefined, 'timeout'));
}

/** @returns whether any of them was still there. */
function killAll(leader: number): boolean {
  // A stopped process cannot fork: otherwise a group that keeps forking would always have one more than was killed.
  sendSignal(-leader, 'SIGSTOP');
  const family = processTable().filter(
    ({ pid, parent, group }) => pid === leader || group === leader || parent === leader,
  );
  const others = family.filter(({ pid }) => pid !== leader);
  const alive = others.length === 0 ? family : others;
  for (const { pid, isDead } of alive) if (!isDead) sendSignal(pid);
  // Nsenter also stops itself when its child does, and collects nobody while it is stopped.
  if (others.length < family.length) sendSignal(leader, 'SIGCONT');
  return family.length > 0;
}
