/** Diagnoses an assistant's machine, mends what is safe to mend, and says what it found, did and left. */
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { ProviderKey } from '../../openclaw/catalog/providers.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { Diagnosis, RepairService } from '../../openclaw/repair/ports.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, type JsonObject, parseStored } from '../../operations/record.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { safePhase } from '../power/machine-phase.ts';
import { chatNext, phaseDetail, phaseResult } from '../result-fields.ts';
import { type Assessment, assess, gatewayFault } from './findings.ts';
import { lostMachine, mendedSentence, repairSummary } from './sentences.ts';

export const REPAIR = 'repair';

// A mend can uncover the next fault: keys cannot be looked for while Node is missing.
const MAX_ROUNDS = 2;

export const repairInput = z.object({ machineId: z.string() });
/** What earlier tries of the same repair found and did; a later process goes on from there. */
export const repairState = z.object({
  found: z.array(z.string()).default([]),
  done: z.array(z.string()).default([]),
});

export interface RepairDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  repair: RepairService;
  /** Of those, the ones whose settings are in order. */
  soundProviders: readonly ProviderKey[];
}

/** What a repair has to say so far. */
interface Report {
  found: string[];
  done: string[];
  left: string[];
  /** Of `left`, what holds also when all is mended. */
  outlook: string[];
  /** Why the last start of the gateway failed. */
  notStarted: string | undefined;
  /** What programs on the machine said. */
  foreign: string[];
}

/** What the kind `repair` does; beside its fields, the result may hold `said`, what programs on the machine said. */
export function repairWork(deps: RepairDeps): OperationKind {
  return {
    async run(operation) {
      const { machineId } = parseStored(repairInput, operation.record.input);
      const { found, done } = parseStored(repairState, operation.record.state);
      const report: Report = { found, done, left: [], outlook: [], notStarted: undefined, foreign: [] };
      const machine = await runningMachine(operation, deps.machines, machineId, report);
      if (machine !== undefined) await repairAssistant(operation, deps, machineId, report);
      return resultOf(machineId, machine, report);
    },
    recover: async () => {
      throw new AppError('not_found', 'The record of this repair is lost', {
        next: 'Call repair_openclaw again: it finds what is still wrong, and repeats nothing.',
      });
    },
  };
}

/** The machine with commands running on it; undefined when it cannot be brought to that, which `report` then tells. */
async function runningMachine(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  report: Report,
): Promise<Machine | undefined> {
  await operation.stage('machine');
  const seen = await machines.get(machineId, operation);
  if (seen.phase === 'running') return seen;
  const onPhase = (machine: Machine) => operation.tell(`machine is ${safePhase(machine.phase)}`);
  try {
    const { machine } = await machines.wake(machineId, { signal: operation.signal, onPhase });
    await operation.stage('guest');
    await machines.waitForGuest(machineId, operation);
    add(report.found, `The machine was ${safePhase(seen.phase)}`);
    add(report.done, 'Brought the machine to run');
    return machine;
  } catch (error) {
    if (!isAppError(error, 'machine_failed')) throw error;
    add(report.found, error.message);
    report.left.push(lostMachine(error, machineId));
    if (error.foreign !== undefined) report.foreign.push(error.foreign);
    return undefined;
  }
}

async function repairAssistant(
  operation: OperationHandle,
  deps: RepairDeps,
  machineId: string,
  report: Report,
): Promise<void> {
  const tried = new Set<string>();
  for (let round = 1; ; round++) {
    await operation.stage(round === 1 ? 'diagnose' : 'check');
    const seen = await deps.repair.diagnose(machineId, { signal: operation.signal, renew: round === 1 });
    const judged = assess(seen, machineId, deps.soundProviders);
    tell(judged, report);
    await operation.save({ found: report.found });
    if (!worthTrying(judged, tried) || round > MAX_ROUNDS) {
      if (round > 1)
        report.left.push(...judged.found.map((sentence) => `Still so: ${sentence}.`), ...judged.otherwise);
      // What was just mended is proved by that look; the doctor is for what no look of ours finds.
      if (round === 1 && judged.found.length === 0 && seen.jobs_running.length === 0)
        await askDoctor(operation, deps, machineId, report);
      return;
    }
    await mend(operation, deps, machineId, seen, judged, report);
  }
}

function tell(judged: Assessment, report: Report): void {
  for (const sentence of judged.found) add(report.found, sentence);
  // What an earlier round left and this one does not find any more is settled; an outlook stays.
  report.left = [...new Set([...report.outlook, ...judged.outlook, ...judged.left])];
  report.outlook = [...new Set([...report.outlook, ...judged.outlook])];
  for (const text of judged.foreign) add(report.foreign, text);
}

/** Whether there is something to do that no earlier round has done. */
function worthTrying({ mends, reinstall, endInterrupted, gateway }: Assessment, tried: Set<string>): boolean {
  const steps = [
    ...mends,
    ...(reinstall ? ['reinstall'] : []),
    ...(endInterrupted ? ['interrupted'] : []),
    ...(gateway === 'leave' ? [] : ['gateway']),
  ];
  const fresh = steps.filter((step) => !tried.has(step));
  for (const step of steps) tried.add(step);
  return fresh.length > 0;
}

async function mend(
  operation: OperationHandle,
  deps: RepairDeps,
  machineId: string,
  seen: Diagnosis,
  judged: Assessment,
  report: Report,
): Promise<void> {
  if (judged.mends.length > 0) {
    await operation.stage('mend');
    const mended = await deps.repair.mend(machineId, judged.mends, operation);
    for (const sentence of mendedSentence(mended)) add(report.done, sentence);
    await operation.save({ done: report.done });
  }
  if (judged.reinstall && seen.openclaw_wanted !== undefined) {
    await reinstall(operation, deps, machineId, seen.openclaw_wanted, seen.node_wanted);
    add(
      report.done,
      `Installed OpenClaw ${seen.openclaw_wanted} and its Node anew where they were not whole`,
    );
    await operation.save({ done: report.done });
  }
  if (judged.endInterrupted) {
    const ended = await deps.repair.endInterrupted(machineId, operation);
    if (ended > 0) add(report.done, `Ended ${ended} interrupted turn(s); their conversations are kept`);
    await operation.save({ done: report.done });
  }
  if (judged.gateway === 'leave' && !judged.reinstall) return;
  await operation.stage('gateway');
  const how = { replace: judged.gateway === 'replace', faulty: gatewayFault(seen) !== undefined };
  await startGateway(deps.openclaw, machineId, how, report, operation.signal);
}

async function reinstall(
  operation: OperationHandle,
  deps: RepairDeps,
  machineId: string,
  openclawVersion: string,
  nodeVersion: string | undefined,
): Promise<void> {
  await operation.stage('reinstall');
  await lastingJob(operation, deps, machineId, () =>
    deps.repair.startReinstall(machineId, operation.id, openclawVersion, nodeVersion, operation),
  );
}

/**
 * A start that fails is something left, not a failure of the repair: what was mended stays mended.
 * One that did not work and works now is told whoever started it: once its configuration is mended, the machine's own
 * program may have been faster.
 */
async function startGateway(
  openclaw: OpenClawService,
  machineId: string,
  { replace, faulty }: { replace: boolean; faulty: boolean },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  report.notStarted = undefined;
  try {
    if (replace) await openclaw.stopGateway(machineId, { signal });
    const { started, repaired } = await openclaw.startGateway(machineId, { signal });
    if (replace && started) add(report.done, 'Restarted the gateway');
    else if (started || faulty) add(report.done, 'The gateway works again');
    for (const phrase of repaired) {
      if (!phrase.startsWith('the gateway was not running')) add(report.done, `Put right: ${phrase}`);
    }
  } catch (error) {
    if (!isAppError(error) || signal.aborted) throw error;
    report.notStarted = `${error.message}.${error.next === undefined ? '' : ` ${error.next}`}`;
    if (error.foreign !== undefined) report.foreign.push(error.foreign);
  }
}

async function askDoctor(
  operation: OperationHandle,
  { repair }: RepairDeps,
  machineId: string,
  report: Report,
): Promise<void> {
  await operation.stage('doctor');
  const findings = await repair.askDoctor(machineId, operation);
  if (findings === undefined || findings.length === 0) return;
  report.left.push(
    `OpenClaw's own doctor has ${findings.length} finding(s), quoted below; nothing was changed for them.`,
  );
  report.foreign.push(...findings.map(({ check, message }) => `${check}: ${message}`));
}

function resultOf(machineId: string, machine: Machine | undefined, report: Report): JsonObject {
  return asJson({
    machine_id: machineId,
    phase: machine === undefined ? undefined : safePhase(machine.phase),
    found: report.found,
    done: report.done,
    left: [...report.left, ...(report.notStarted === undefined ? [] : [report.notStarted])],
    said: report.foreign.length === 0 ? undefined : report.foreign.join('\n'),
  });
}

function add(list: string[], sentence: string): void {
  if (!list.includes(sentence)) list.push(sentence);
}

export const repair = declareKind({
  name: REPAIR,
  input: repairInput,
  state: repairState,
  result: phaseResult.extend({
    found: z.array(z.string()),
    done: z.array(z.string()),
    left: z.array(z.string()).describe('What only a person can decide or do.'),
  }),
  notBeside: ['configure', 'upgrade', 'restore', 'deploy'],
  work: repairWork,
  words: {
    subject: 'The repair',
    noun: 'a repair',
    details: ({ phase, found, done = [], left = [] }) => [
      phaseDetail(phase),
      found && repairSummary(found, done, left),
    ],
    next: ({ left = [], ...result }) =>
      left.length === 0 ? chatNext(result) : 'Do what is left, then call repair_openclaw again.',
    quotes: (_, { said }) =>
      typeof said === 'string' ? [{ label: 'what programs on the machine said', text: said }] : [],
  },
});
