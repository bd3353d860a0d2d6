/** What machines of a list have spent: the list does not tell, since each that is awake has to be asked. */
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../follow.ts';
import type { Machine } from '../told/machines.ts';
import { readResult } from '../told/results.ts';
import type { Spent } from '../told/spend.ts';

/** Each question costs its machine a second or two. */
const MOST_ASKED = 3;

/** What was told since the page was opened: coming back to the list asks nothing again. */
const told = new Map<string, readonly Spent[]>();

/** By machine, as they answer one after the other; those that sleep are not asked. */
export function useWeeks(machines: readonly Machine[], call: Call): ReadonlyMap<string, readonly Spent[]> {
  const [weeks, setWeeks] = useState<ReadonlyMap<string, readonly Spent[]>>(new Map(told));
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      for (const { id } of machines.filter(({ phase }) => phase === 'running').slice(0, MOST_ASKED)) {
        if (gone) return;
        if (!told.has(id)) told.set(id, await weekOf(call, id));
        if (!gone) setWeeks(new Map(told));
      }
    };
    void ask();
    return () => {
      gone = true;
    };
  }, [machines, call]);
  return weeks;
}

/** None where it is not told, or the host does not let the page ask: the list stands without it. */
async function weekOf(call: Call, machine_id: string): Promise<readonly Spent[]> {
  try {
    const result = readResult(await call('gateway_status', { machine_id }));
    return result.is === 'status' ? (result.status.spend?.week ?? []) : [];
  } catch {
    return [];
  }
}
