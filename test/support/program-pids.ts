/** The machine's own program as it runs, whether it stays or answers one command: for tests that kill it. */
import { readdirSync, readFileSync } from 'node:fs';

/** @param home of the machine. */
export function programPids(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).includes(`${home}/.openclaw-mcp/sidecar/`))
    .map(Number);
}

/** SIGKILL; what has just ended is none of the test's business. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
