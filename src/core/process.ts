/** Processes of this computer: what Linux tells of one, and how one is sent a signal. */
import { isErrno } from './errno.ts';

export interface ProcessStat {
  parent: number;
  group: number;
  /** It has ended, and its parent has not collected it yet. */
  isDead: boolean;
  /** When it started, in clock ticks since boot; undefined where `text` was empty. */
  startTicks: string | undefined;
}

/**
 * Reads the text of `/proc/PID/stat`. The program's name stands there in parentheses and may hold spaces and parentheses
 * itself, so the fields are counted from its end.
 */
export function processStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  return {
    parent: Number(parent),
    group: Number(group),
    isDead: state === 'Z' || state === 'X',
    startTicks: fields[19],
  };
}

/** To a process, or to a group where `pid` is negative. One that is gone already, or is another user's, is left alone. */
export function sendSignal(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH', 'EPERM')) throw error;
  }
}
