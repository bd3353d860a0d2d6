/** What an account costs: which machines are awake and since when, which hold quota for nothing, and its usage where the API tells it. */
import { type WaitOptions, withDeadline } from '../../core/abort.ts';
import { mapBounded } from '../../core/bounded.ts';
import type { Clock } from '../../core/clock.ts';
import { isAppError, onFailure } from '../../core/errors.ts';
import type { AccountUsage, DedalusApi, Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import { isAlive } from '../power/machine-phase.ts';
import type { Directory } from './directory.ts';

/**
 * Why a machine holds quota for nothing.
 * - failed: it does not come back by itself
 * - stuck: no host has taken it for five minutes
 * - forgotten: asleep for two weeks, and no deploy from this computer made it
 */
export type Waste = 'failed' | 'stuck' | 'forgotten';

export interface ListedMachine {
  machine: Machine;
  /** As given to deploy_openclaw on this computer. */
  name: string | undefined;
  /** ISO time at which it came into its phase, where the API tells. */
  since: string | undefined;
  waste: Waste | undefined;
}

export interface Overview {
  /** One page, in the API's order. */
  page: ListedMachine[];
  /** The machine id after which the next page begins; undefined at the end. */
  next: string | undefined;
  /** All machines that exist. */
  total: number;
  quotaUsed: number;
  awake: { count: number; vcpu: number; memoryMib: number };
  /** All of them, whatever page they are on. */
  wasted: ListedMachine[];
}

export interface OverviewDeps {
  machines: MachineService;
  directory: Pick<Directory, 'names'>;
  clock: Clock;
}

// Ten times a slow placement.
const STUCK_MS = 5 * 60_000;
const FORGOTTEN_MS = 14 * 24 * 3_600_000;
// The list of newer APIs does not tell since when a phase lasts, so some machines are asked for one by one. The bounds
// keep a large account within two seconds and its rate limit.
const MAX_ASKED = 60;
const ASKED_AT_ONCE = 8;

/** @param after the machine id that ended the page before. Undefined when the list no longer holds it. */
export async function overview(
  { machines, directory, clock }: OverviewDeps,
  limit: number,
  after: string | undefined,
  options: WaitOptions,
): Promise<Overview | undefined> {
  const [all, names] = await Promise.all([machines.list(options), directory.names()]);
  const start = after === undefined ? 0 : all.findIndex((machine) => machine.machineId === after) + 1;
  if (after !== undefined && start === 0) return undefined;
  const shown = all.slice(start, start + limit);
  const since = await sinceWhen(machines, all, shown, names, options);
  const listed = (machine: Machine): ListedMachine => {
    const name = names.get(machine.machineId);
    const known = since.get(machine.machineId);
    return { machine, name, since: known, waste: wasteOf(machine, name, known, clock.now()) };
  };
  const running = all.filter((machine) => machine.phase === 'running');
  return {
    page: shown.map(listed),
    next: start + limit < all.length ? shown.at(-1)?.machineId : undefined,
    total: all.length,
    quotaUsed: all.filter(isAlive).length,
    awake: {
      count: running.length,
      vcpu: sum(running.map((machine) => machine.vcpu)),
      memoryMib: sum(running.map((machine) => machine.memoryMib)),
    },
    wasted: all.map(listed).filter(({ waste }) => waste !== undefined),
  };
}

/** By machine id, for the machines of the page that are awake, and for those that may hold quota for nothing. */
async function sinceWhen(
  machines: MachineService,
  all: readonly Machine[],
  shown: readonly Machine[],
  names: ReadonlyMap<string, string>,
  options: WaitOptions,
): Promise<Map<string, string>> {
  const wanted = new Set([
    ...shown.filter(({ phase }) => phase === 'running'),
    ...all.filter(
      (machine) => awaitsPlace(machine) || isUnknownSleeper(machine, names.get(machine.machineId)),
    ),
  ]);
  const told = all.filter((machine) => machine.lastTransitionAt !== undefined);
  const asked = [...wanted].filter((machine) => machine.lastTransitionAt === undefined).slice(0, MAX_ASKED);
  const answers = await mapBounded(asked, ASKED_AT_ONCE, (machine) =>
    // One machine that vanished, or an API that is busy, is no reason to show no list.
    machines.get(machine.machineId, options).catch(onFailure(machine, options.signal)),
  );
  return new Map(
    [...told, ...answers].flatMap(({ machineId, lastTransitionAt: at }) =>
      at === undefined || Number.isNaN(Date.parse(at)) ? [] : [[machineId, new Date(at).toISOString()]],
    ),
  );
}

function wasteOf(
  machine: Machine,
  name: string | undefined,
  since: string | undefined,
  now: number,
): Waste | undefined {
  if (!isAlive(machine)) return undefined;
  if (machine.phase === 'failed') return 'failed';
  const age = now - Date.parse(since ?? machine.createdAt ?? '');
  if (awaitsPlace(machine) && age > STUCK_MS) return 'stuck';
  if (isUnknownSleeper(machine, name) && age > FORGOTTEN_MS) return 'forgotten';
  return undefined;
}

function awaitsPlace({ phase }: Machine): boolean {
  return phase === 'accepted' || phase === 'placement_pending';
}

function isUnknownSleeper({ phase }: Machine, name: string | undefined): boolean {
  return phase === 'sleeping' && name === undefined;
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, one) => total + (one ?? 0), 0);
}

/** Undefined when the API does not tell, or not now. */
export type ReadUsage = (options: WaitOptions) => Promise<AccountUsage | undefined>;

// It only decorates a list that is ready without it.
const ANSWER_MS = 3_000;

/** Does not ask again after the API has said that it does not know the question. */
export function usageReader(api: Pick<DedalusApi, 'getUsage'>, clock: Clock): ReadUsage {
  let available = true;
  return async ({ signal }) => {
    if (!available) return undefined;
    try {
      return await withDeadline(clock, ANSWER_MS, 'The usage of the account', signal, (derived) =>
        api.getUsage({ signal: derived }),
      );
    } catch (error) {
      if (signal?.aborted || !isAppError(error)) throw error;
      available = !isAppError(error, 'unsupported');
      return undefined;
    }
  };
}

/** For a server that is bound to one machine: the account is not its business. */
export const noUsage: ReadUsage = async () => undefined;
