/** `doctor --live`: what is true of the API behind this key, found out on a machine that is made for it and removed. */
import { randomBytes } from 'node:crypto';
import { withDeadline } from '../../../core/abort.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, isAppError } from '../../../core/errors.ts';
import type { AssembledServer } from '../../../server.ts';
import { endDeploysOn } from '../../../workflows/destroy/destroy.ts';
import { begin, toTheEnd } from '../../commands/call.ts';
import type { Entry, Ledger } from './ledger.ts';
import { type Place, PROBES, type Probe, SLEEP_PROBES } from './probes.ts';
import { type Line, reportOf } from './report.ts';
import type { Troubles } from './troubles.ts';

// The smallest that OpenClaw starts on; it sleeps by itself should everything else fail.
const SPEC = { vcpu: 1, memoryMib: 2048, storageGib: 10, autosleep: '15m' };
export const PRICE =
  'It takes 15 minutes at most. It makes one machine (1 vCPU, 2 GiB), which your plan bills like any other while it is there (the API tells no price), asks one short question of your model provider if a key is set (about 20,000 tokens), and removes the machine.';
const REMOVAL_MS = 3 * 60_000;
// Together with the removal, which nothing may cut short, the quarter of an hour that the person was told.
const LONGEST_MS = 15 * 60_000 - REMOVAL_MS;

export interface LiveIo {
  server: AssembledServer;
  ledger: Ledger;
  clock: Clock;
  /** Of the requests that the server makes. */
  troubles: Pick<Troubles, 'taken'>;
  /** Where machines install from. */
  sources: readonly string[];
  longSeconds: number;
  /** Ctrl-C: the check ends, the machine is removed all the same. */
  signal: AbortSignal;
  /** What is being tried, for whoever waits. */
  note(text: string): void;
  /** Takes the report. */
  print(text: string): void;
}

/** @returns 0 when everything could be tried and nothing is left; 1 otherwise. */
export async function liveCheck(io: LiveIo): Promise<number> {
  const lines: Line[] = [];
  let whole = true;
  await removeLeft(io);
  try {
    await withDeadline(io.clock, LONGEST_MS, 'The live check', io.signal, (signal) =>
      checked(io, signal, lines),
    );
  } catch (error) {
    whole = false;
    lines.push({ what: 'the check itself', assumed: 'ends', seen: wordsOf(error), ...NOTHING });
  }
  const left = await io.ledger.left();
  if (left !== undefined) await looked(io, REMOVAL, lines, () => removed(io, left));
  io.print(reportOf(lines, io.server.redact));
  const open = await io.ledger.left();
  if (open === undefined) return whole ? 0 : 1;
  io.print(`\nA machine is left: ${remedyFor(open)}\n`);
  return 1;
}

const REMOVAL = { what: 'destroy', assumed: 'gone from the list within a minute' };

/** @throws AppError where one of an earlier check is still there: another would hide it. */
async function removeLeft(io: LiveIo): Promise<void> {
  const left = await io.ledger.left();
  if (left === undefined) return;
  io.note('removing the machine of an earlier check');
  try {
    await removed(io, left);
  } catch (cause) {
    throw new AppError('conflict', 'The machine of an earlier live check could not be removed', {
      next: remedyFor(left),
      cause,
    });
  }
}

function remedyFor({ machineId }: Entry): string {
  return machineId === undefined
    ? 'Run `openclaw-dedalus-mcp doctor --live` again: it finds and removes it.'
    : `Run \`openclaw-dedalus-mcp destroy --machine ${machineId}\`.`;
}

/** Not by the signal of the check: whatever has ended that must not leave a machine behind. */
async function removed({ server, ledger, clock }: LiveIo, { key, machineId }: Entry): Promise<string> {
  const { machines } = server.services;
  return withDeadline(clock, REMOVAL_MS, 'Removing the machine', undefined, async (signal) => {
    // An answer that was never heard: the same key brings it.
    const id = machineId ?? (await machines.create(SPEC, key, { signal })).machineId;
    // One that goes on would only tell that its machine is gone.
    await endDeploysOn(server.services.operations, id).catch(() => {});
    const { phase } = await machines.destroy(id, { signal });
    await ledger.crossOff();
    return phase;
  });
}

async function checked(io: LiveIo, signal: AbortSignal, lines: Line[]): Promise<void> {
  const { machines } = io.server.services;
  const key = `live-check-${randomBytes(9).toString('hex')}`;
  let machineId = '';
  await must(io, { what: 'create', assumed: 'takes autosleep' }, lines, async () => {
    await io.ledger.write({ key });
    const machine = await made(io, key, signal);
    machineId = machine.machineId;
    await io.ledger.write({ key, machineId });
    return machine.autosleepRefused ? 'autosleep was refused' : 'autosleep was taken';
  });
  await must(io, { what: 'running', assumed: 'within 2 minutes, else replaced' }, lines, async () => {
    const phases = new Set<string>();
    await machines.waitUntilRunning(machineId, { signal, onPhase: ({ phase }) => phases.add(phase) });
    return [...phases].join(' → ') || 'at once';
  });
  await must(io, { what: 'guest answers', assumed: 'some seconds after running' }, lines, async () => {
    await machines.waitForGuest(machineId, { signal });
    return 'a command ran';
  });
  const { clock } = io;
  const place = { machines, machineId, clock, signal, sources: io.sources, longSeconds: io.longSeconds };
  for (const probe of [...PROBES, ...SLEEP_PROBES]) await tried(io, probe, place, lines);
  await assistant(io, { name: key, machineId, signal }, lines);
}

const NOTHING = { troubles: '', seconds: 0 };

/** With the very calls that a client makes. */
async function assistant(
  io: LiveIo,
  { name, machineId, signal }: { name: string; machineId: string; signal: AbortSignal },
  lines: Line[],
): Promise<void> {
  const { services, tools } = io.server;
  const deploy = { what: 'deploy', assumed: 'about a minute' };
  if (services.providers.length === 0) {
    lines.push({ ...deploy, seen: 'not tried: no key of a model provider is set', ...NOTHING });
    return;
  }
  const call = async (name: string, args: Record<string, unknown>) => {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) return `not tried: ${name} is left out by --tools or --read-only`;
    const options = { services, signal };
    const { outcome, told } = await toTheEnd(await begin(tool, args, options), options);
    return told.status === 'failed' ? outcome.summary : (told.reply ?? outcome.summary);
  };
  await looked(io, deploy, lines, () => call('deploy_openclaw', { name, machine_id: machineId }));
  const question = { machine_id: machineId, message: 'Answer with one word: are you there?' };
  await looked(io, { what: 'one question', assumed: 'answered' }, lines, () => call('chat', question));
}

/** @throws what the API says; where it said no, there is no machine that would have to be removed. */
async function made({ server, ledger }: LiveIo, key: string, signal: AbortSignal) {
  try {
    return await server.services.machines.create(SPEC, key, { signal });
  } catch (error) {
    if (isAppError(error, 'quota', 'auth', 'invalid_input', 'unsupported', 'config')) await ledger.crossOff();
    throw error;
  }
}

type About = Pick<Line, 'what' | 'assumed'>;

/** What the rest depends on. @throws what it throws, after the line is written. */
async function must(io: LiveIo, about: About, lines: Line[], work: () => Promise<string>): Promise<void> {
  const error = await looked(io, about, lines, work);
  if (error !== undefined) throw error;
}

/** @returns what was thrown; the line tells it. */
async function looked(
  io: LiveIo,
  about: About,
  lines: Line[],
  work: () => Promise<string>,
): Promise<unknown> {
  io.note(about.what);
  const begun = io.clock.elapsed();
  io.troubles.taken();
  const line = (seen: string) => {
    const seconds = (io.clock.elapsed() - begun) / 1000;
    lines.push({ ...about, seen, troubles: io.troubles.taken(), seconds });
  };
  try {
    line(await work());
    return undefined;
  } catch (error) {
    line(wordsOf(error));
    return error;
  }
}

async function tried(io: LiveIo, probe: Probe, place: Place, lines: Line[]): Promise<void> {
  await looked(io, probe, lines, () =>
    withDeadline(io.clock, probe.seconds * 1000, probe.what, place.signal, (signal) =>
      probe.look({ ...place, signal }),
    ),
  );
  place.signal.throwIfAborted();
}

/** Only errors of our own have words that may be shown. */
function wordsOf(error: unknown): string {
  if (!isAppError(error))
    return error instanceof DOMException ? 'ended by Ctrl-C' : 'a defect of this program';
  return `${error.code}: ${error.message}${error.foreign === undefined ? '' : ` (${error.foreign})`}`;
}
