/** SIGKILL to a process that may have ended a moment ago. */

/** Kills process `pid` of the host; one that is gone already is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
