/** Ends the processes of one command without ending the one that collects them. */
import { readdirSync, readFileSync } from 'node:fs';
import { kill } from './kill.ts';

// Each round finds what the one before had no time to: children born while it looked.
const MAX_ROUNDS = 50;

/**
 * SIGKILLs the process group that `nsenter` leads, but `nsenter` itself only while it has nobody to wait for yet. If
 * it died first, its child would be the host's to collect, and where the host's first process collects nobody, as in
 * many containers, the machine could never end.
 */
export function killGroup(leader: number): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const alive = membersOf(leader);
    const others = alive.filter((pid) => pid !== leader);
    if (others.length === 0 && (round > 0 || alive.length === 0)) return;
    for (const pid of others.length === 0 ? alive : others) kill(pid);
  }
}

/** Process ids of a group, on the host, without zombies. */
function membersOf(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && belongs(name, group))
    .map(Number);
}

function belongs(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in parentheses: state, parent, process group.
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(processGroup) === group && state !== 'Z';
  } catch {
    return false;
  }
}
