/** Signals to processes that may have ended a moment ago. */

/** SIGKILL, or another signal, to process `pid` of the host (a group when negative); one that is gone already is fine. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}
