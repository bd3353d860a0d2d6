/** Starts the gateway's process and waits until it works; says why where it does not. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { mcpDir, openclawCommand, type Place, stateDir } from '../place.ts';
import { detach } from '../process/detach.ts';
import { machineBoot, openclawEnvironment } from '../process/environment.ts';
import { livePid } from '../process/identity.ts';
import { readUpTo } from '../read-text.ts';
import { noteStart } from '../sessions/interrupted.ts';
import { SidecarError } from '../sidecar-error.ts';
import { writeWhole } from '../state/object-file.ts';
import { rememberSettings } from '../state/settings.ts';
import { causeOfEnd, keepExitCode, ranOutOfMemory } from '../watch/cause.ts';
import { addEvent, type Why } from '../watch/events.ts';
import {
  type Addresses,
  gatewayBootFile,
  gatewayOutput,
  gatewayPidFile,
  keepAddresses,
  keptAddresses,
  lastPrinted,
  oomKillsFile,
} from './files.ts';
import { portOpen, works } from './health.ts';
import { oomKills, sparesMemory } from './memory.ts';
import { endedAwake } from './suspend.ts';

export interface Launch {
  /** Those of the start before where nothing is said. */
  addresses?: Addresses | undefined;
  /** Why there was one before that nobody ended on purpose; found out where nothing is said. */
  why?: Why | undefined;
  /** Told before the process is made. */
  stage?: ((name: string) => void) | undefined;
  /** How long it may take to come to work: a state of years is migrated at the first start. */
  timeoutMs?: number | undefined;
}

const START_MS = 150_000;
const LOOK_MS = 100;
/**
 * OpenClaw 2026.9 gives a thread of a migration five seconds to begin, and ends where a busy machine needs more. The next
 * start goes on, ends once more to have that verified (both seen), and the third works.
 */
const HURRIED = 'state lease heartbeat did not become ready';
const GOES_ON = 'gateway.maintenance_required';
const MOST_STARTS = 4;
const MOST_SAID = 64 * 1024;
/** Each look at a process may cost one of its own. */
const LOOKS_PER_IDENTITY = 10;
/** When memory is short the gateway goes first: it is started again, and what looks after it is not. */
export const OOM_SCORE = 500;

/**
 * For who holds the lock `gateway`. The pid file stays after a failure: the process may come to work yet.
 * @throws SidecarError `gateway_exited`, `gateway_not_ready`, `out_of_memory`, each with what it printed last.
 */
export async function launchGateway(
  place: Place,
  { addresses, why, stage, timeoutMs = START_MS }: Launch = {},
): Promise<void> {
  stage?.('start');
  const crashed = await endedAwake(place);
  const reason = why ?? (crashed ? causeOfEnd(place) : undefined);
  const kills = oomKills();
  writeWhole(oomKillsFile(place), kills);
  if (await startedWithin(place, addresses, timeoutMs)) {
    // Proven: what a repair goes back to.
    rememberSettings(place);
    await noteStart(place, crashed).catch(() => []);
    if (reason !== undefined) addEvent(place, { why: reason, did: 'restarted' });
    return;
  }
  if (reason !== undefined) addEvent(place, { why: reason, did: 'failed' });
  throw new SidecarError(await failure(place, kills), lastPrinted(place));
}

async function startedWithin(place: Place, addresses: Addresses | undefined, ms: number): Promise<boolean> {
  const begun = systemClock.elapsed();
  for (let starts = 1; ; starts++) {
    await startProcess(place, addresses);
    if (await untilWorks(place, ms - (systemClock.elapsed() - begun))) return true;
    if ((await livePid(gatewayPidFile(place))) !== undefined) return false;
    const said = readUpTo(gatewayOutput(place), MOST_SAID, 'end') ?? '';
    // Also at the first of these: whoever started it before may have been killed since.
    const goesOn = said.includes(HURRIED) || said.includes(GOES_ON);
    if (starts === MOST_STARTS || !goesOn) return false;
  }
}

async function startProcess(place: Place, addresses: Addresses | undefined): Promise<void> {
  const output = gatewayOutput(place);
  mkdirSync(join(stateDir(place), 'logs'), { recursive: true, mode: 0o700 });
  // The previous run's output is kept once: the reason of a crash is in it.
  if (existsSync(output) && statSync(output).size > 0) renameSync(output, `${output}.1`);
  const [node = '', script = ''] = openclawCommand(place);
  const { flags, env } = tuning(place);
  // A job says them in its environment, a call in its request; a start that nobody asks for goes by the one before.
  const before = addresses === undefined ? keptAddresses(place) : {};
  const all = { ...before, ...openclawEnvironment(place), ...addresses, ...env };
  keepAddresses(place, all);
  writeWhole(gatewayBootFile(place), machineBoot());
  const { pid, exited } = await detach({
    pidFile: gatewayPidFile(place),
    stdout: output,
    stderr: output,
    command: [node, ...flags, script, 'gateway', 'run', '--port', String(place.port)],
    cwd: stateDir(place),
    env: all,
    oomScore: OOM_SCORE,
  });
  void exited.then(({ code }) => keepExitCode(pid, code));
}

/** What makes it faster or smaller on this machine. */
function tuning(place: Place): { flags: string[]; env: Record<string, string | undefined> } {
  const { flags, env } = compileCache(place);
  // Node gives V8 four helper threads whatever the machine has. On two cores they keep the gateway's own from working:
  // with one, the first reply after a start comes 0.6 s of 11.8 sooner (measured).
  if (availableParallelism() <= 2) flags.unshift('--v8-pool-size=1');
  if (sparesMemory(place)) {
    // Measured: the difference between a first turn that works in 1.25 GiB and one that is killed.
    env.NODE_OPTIONS = '--max-old-space-size=512 --max-semi-space-size=4';
    env.MALLOC_ARENA_MAX = '2';
  }
  return { flags, env };
}

// Required, not imported: every worker and child of the gateway runs this too, and an import costs them 0.4 s in all.
const KEEP_COMPILED = `const { flushCompileCache } = require('node:module');
const { setTimeout: later } = require('node:timers');
const { isMainThread } = require('node:worker_threads');
if (isMainThread) for (const seconds of [30, 300]) later(() => flushCompileCache?.(), seconds * 1000).unref();
`;

/**
 * A start compiles 6000 files into a cache under /tmp, which a wake may find empty; beside the package it saves a second
 * (measured). Node writes it when a process ends, and a machine that falls asleep ends none: hence the flush.
 * Only where the release knows the variable: others answer NODE_COMPILE_CACHE with a parent process of 60 MB.
 */
function compileCache(place: Place): ReturnType<typeof tuning> {
  const [, script = ''] = openclawCommand(place);
  const known = 'OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED';
  if (!readFileSync(script, 'utf8').includes(known)) {
    return { flags: [], env: { NODE_COMPILE_CACHE: undefined } };
  }
  const current = join(mcpDir(place), 'current');
  const keeper = join(current, 'keep-compiled.cjs');
  writeWhole(keeper, KEEP_COMPILED);
  return {
    flags: ['--require', keeper],
    env: { NODE_COMPILE_CACHE: join(current, 'compiled'), [known]: '1' },
  };
}

/** Ready, and it takes our token, before `ms` are over. Fails at once when its process is gone. */
export async function untilWorks(place: Place, ms: number): Promise<boolean> {
  const begun = systemClock.elapsed();
  for (let looks = 0; systemClock.elapsed() - begun < ms; looks++) {
    if (looks % LOOKS_PER_IDENTITY === 0 && (await livePid(gatewayPidFile(place))) === undefined)
      return false;
    if ((await portOpen(place)) && (await works(place))) return true;
    await systemClock.sleep(LOOK_MS);
  }
  return false;
}

async function failure(place: Place, killsBefore: string): Promise<string> {
  if (ranOutOfMemory(place, killsBefore)) return 'out_of_memory';
  return (await livePid(gatewayPidFile(place))) === undefined ? 'gateway_exited' : 'gateway_not_ready';
}
