/** The doctor's look at the cloud: one list of machines tells whether it is there, takes the key, and has room. */
import type { Config, Environment } from '../../config/config.ts';
import type { Clock } from '../../core/clock.ts';
import { isAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import { dedalusClient } from '../../dedalus/client.ts';
import { isGone } from '../../machine/phases.ts';
import { proxyFetch } from '../proxy-fetch.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

// Signed requests and certificates bear minutes; more shows up as errors that nobody would look for here.
const MAX_SKEW_MS = 2 * 60_000;
// Of the smallest plan; the API does not tell the account's own.
const SMALL_QUOTA = 5;

/** Changes and bills nothing. Never throws for what the API or the network does. */
export async function cloud(
  env: Environment,
  config: Config,
  apiKey: string,
  clock: Clock,
): Promise<Finding[]> {
  const where = new URL(config.dedalusBaseUrl).host;
  const through = (await proxyFetch(env, config.dedalusBaseUrl)) ?? fetch;
  const { fetch: dated, skew } = clockReader(clock, through);
  const client = dedalusClient({
    apiKey,
    baseUrl: config.dedalusBaseUrl,
    orgId: config.dedalusOrgId,
    clock,
    fetch: dated,
  });
  try {
    const machines = await client.listMachines();
    return [
      ok('Dedalus API', `${where} answers and takes the key${generationOf(machines)}`),
      ...clockFinding(skew()),
      quota(machines),
      ...pinned(config.machineId, machines),
    ];
  } catch (error) {
    if (!isAppError(error)) throw error;
    const remedy = error.next ?? 'Check DEDALUS_BASE_URL and the network.';
    return [problem('Dedalus API', `${where}: ${error.message}`, remedy), ...clockFinding(skew())];
  }
}

/** A fetch that remembers how far the server's clock is from ours. */
function clockReader(
  clock: Clock,
  through: typeof fetch,
): { fetch: typeof fetch; skew: () => number | undefined } {
  let skew: number | undefined;
  return {
    async fetch(input, init) {
      const response = await through(input, init);
      const theirs = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(theirs)) skew = clock.now() - theirs;
      return response;
    },
    skew: () => skew,
  };
}

function clockFinding(skew: number | undefined): Finding[] {
  if (skew === undefined) return [];
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= MAX_SKEW_MS) return [ok('clock', `within ${Math.max(1, seconds)} s of the server's`)];
  const way = skew > 0 ? 'ahead of' : 'behind';
  return [
    warning('clock', `${seconds} s ${way} the server's`, "Set this computer's clock, for example by NTP."),
  ];
}

/** Told by what the list shows: the newest generation keeps status to itself, the oldest knows no autosleep. */
function generationOf([machine]: readonly Machine[]): string {
  if (!machine) return '';
  if (machine.revision === undefined) return ' (API generation 3)';
  return machine.autosleepSeconds === undefined ? ' (API generation 1)' : ' (API generation 2)';
}

function quota(machines: readonly Machine[]): Finding {
  const counted = machines.filter((machine) => !isGone(machine));
  const failed = counted.filter((machine) => machine.phase === 'failed').length;
  const detail = `${counted.length} machine(s) count against the quota`;
  if (failed > 0) {
    return warning(
      'quota',
      `${detail}, ${failed} of them failed`,
      'Destroy failed machines: they hold a place for nothing.',
    );
  }
  if (counted.length < SMALL_QUOTA) return ok('quota', detail);
  return warning(
    'quota',
    detail,
    `The smallest plan has ${SMALL_QUOTA}: if a deploy is refused, destroy what you do not need.`,
  );
}

function pinned(machineId: string | undefined, machines: readonly Machine[]): Finding[] {
  if (machineId === undefined) return [];
  if (machines.some((machine) => machine.machineId === machineId)) return [ok('pinned machine', machineId)];
  return [
    problem(
      'pinned machine',
      `${machineId} is not among the machines of this account`,
      'Correct or remove OPENCLAW_MCP_MACHINE_ID.',
    ),
  ];
}
