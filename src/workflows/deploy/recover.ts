/** Finds a deploy whose record is lost: its job is on one of the machines that are awake, under the operation's id. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError, onAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { OpenClawService, Probe } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle, Recovered } from '../../operations/ports.ts';
import { asJson, type JsonObject, type OperationRecord } from '../../operations/record.ts';
import { followJob } from '../jobs/follow.ts';

export interface LookDeps {
  machines: MachineService;
  openclaw: OpenClawService;
}

// Accounts hold 5 to 20 machines. Each look is a command of half a second, and counts as use of its machine.
const MAX_LOOKS = 10;
const LOOKS_AT_ONCE = 3;

/** The job that `id` names, wherever it is. Sleeping machines are not asked: looking must not wake them. */
export async function findDeploy(deps: LookDeps, id: string): Promise<Recovered | undefined> {
  const found = await firstRunning(deps.machines, {}, async (machine) => {
    const job = await deps.openclaw.readJob(machine.machineId, id, { waitSeconds: 0 });
    return job.state === 'unknown' ? undefined : machine;
  });
  if (!found) return undefined;
  const { machineId, vcpu = 0, memoryMib = 0, storageGib = 0 } = found;
  const { deployment_name } = await deps.openclaw.probe(machineId);
  // Where the machine tells no name, its id is the name: no other deploy is called so, and none joins this one by mistake.
  const name = deployment_name ?? machineId;
  const spec = { vcpu, memoryMib, storageGib };
  return { key: name, machineId, input: { name, machineId, spec }, state: { recovered: true } };
}

/** The machine whose assistant was deployed under `name` by somebody whose records are not here. */
export async function findByName(
  deps: LookDeps,
  name: string,
  known: ReadonlyMap<string, string>,
  options: WaitOptions,
): Promise<string | undefined> {
  const found = await firstRunning(deps.machines, options, async (machine) => {
    if (known.has(machine.machineId)) return undefined;
    const probe: Probe = await deps.openclaw.probe(machine.machineId, options);
    return probe.deployment_name === name ? machine : undefined;
  });
  return found?.machineId;
}

export function isRecovered(record: Readonly<OperationRecord>): boolean {
  return record.state.recovered === true;
}

/** What was asked for is no longer known, so a recovered deploy is only watched, never begun anew. */
export async function followRecovered(
  operation: OperationHandle,
  openclaw: OpenClawService,
  name: string,
): Promise<JsonObject> {
  const machineId = String(operation.record.machineId);
  const job = await followJob(operation, openclaw, machineId);
  if (job.state === 'done') {
    const { openclaw_version, node_version, model } = job.result;
    return asJson({ machine_id: machineId, name, openclaw_version, node_version, model });
  }
  if (job.error) throw job.error;
  throw new AppError('machine_failed', 'The machine stopped in the middle of the installation', {
    next: `Call deploy_openclaw with machine_id "${machineId}": it goes on where this stopped.`,
  });
}

/** Asks the machines that are awake, a few at a time, until one is what is looked for. */
async function firstRunning(
  machines: MachineService,
  options: WaitOptions,
  look: (machine: Machine) => Promise<Machine | undefined>,
): Promise<Machine | undefined> {
  const running = (await machines.list(options)).filter((one) => one.phase === 'running').slice(0, MAX_LOOKS);
  for (let start = 0; start < running.length; start += LOOKS_AT_ONCE) {
    const looks = running.slice(start, start + LOOKS_AT_ONCE).map((one) => ifItAnswers(() => look(one)));
    const found = (await Promise.all(looks)).find((one) => one !== undefined);
    if (found) return found;
  }
  return undefined;
}

/** A machine that does not answer, or is no machine of ours, is not the one that is looked for. */
async function ifItAnswers(look: () => Promise<Machine | undefined>): Promise<Machine | undefined> {
  return look().catch(onAppError(undefined, 'command_failed', 'machine_failed', 'not_found', 'timeout'));
}
