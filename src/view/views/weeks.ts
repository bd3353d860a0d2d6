/** What machines of a list have spent: the list does not tell, since each that is awake has to be asked. */
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../follow.ts';
import { pause } from '../pace.ts';
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
    const ending = new AbortController();
    const { signal } = ending;
    const ask = async () => {
      for (const { id } of machines.filter(({ phase }) => phase === 'running').slice(0, MOST_ASKED)) {
        // Not before somebody looks.
        await pause(0, signal);
        if (signal.aborted) return;
        if (!told.has(id)) told.set(id, await weekOf(call, id));
        if (!signal.aborted) setWeeks(new Map(told));
      }
    };
    void ask();
    return () => ending.abort();
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
