/** What a cancelled deploy leaves behind: nothing that costs, but a machine on which somebody may have an assistant. */
import { isAppError, onAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import { type OperationRecord, parseStored } from '../../operations/record.ts';
import { livingOrGone, safePhase } from '../power/machine-phase.ts';
import { type CreateCall, installed, machineSource, machineState } from './create-machine.ts';

export interface UndoDeps {
  machines: MachineService;
  openclaw: OpenClawService;
}

/**
 * Removes what a deploy has made and nobody has used. A machine that was there before stays, without the work that was
 * under way on it; so does one on which an assistant works by now, or of which that cannot be known.
 * @returns why the machine stays, for whoever cancelled; undefined where nothing needs to be told.
 */
export async function undoDeploy(
  deps: UndoDeps,
  record: Readonly<OperationRecord>,
): Promise<string | undefined> {
  const input = parseStored(machineSource, record.input);
  if (input.machineId !== undefined) {
    await stopWorkOn(deps, input.machineId, record.id);
    return undefined;
  }
  const { machineId } = record;
  const { key } = parseStored(machineState, record.state);
  const spec = key === input.unanswered?.key ? (input.unanswered?.spec ?? input.spec) : input.spec;
  // A create call that was sent and not yet answered: the same key tells which machine it made.
  const created = machineId ?? (key && (await askedAgain(deps.machines, spec, key)));
  if (!created) return undefined;
  const machine = await livingOrGone(deps.machines, created, {});
  const reason = machine && (await reasonToKeep(deps, machine, record));
  if (reason !== undefined) return `Machine ${created} was kept: ${reason}. Only destroy_machine deletes it.`;
  await deps.machines.destroy(created).catch(onAppError(undefined, 'not_found'));
  return undefined;
}

// In these phases a machine has not run yet. One that was used before and wakes is `starting` too, but then its deploy has
// already installed something.
const BEFORE_FIRST_USE = ['accepted', 'placement_pending', 'starting', 'failed'];

/** Looks, once nothing of this deploy can change what it sees. What cannot be seen may be somebody's assistant. */
async function reasonToKeep(
  { machines, openclaw }: UndoDeps,
  { machineId, phase }: Machine,
  record: Readonly<OperationRecord>,
): Promise<string | undefined> {
  const fresh = !installed(record);
  if (fresh && BEFORE_FIRST_USE.includes(phase)) return undefined;
  if (phase !== 'running')
    return `it is ${safePhase(phase)} and cannot be looked at, and an assistant may live on it`;
  try {
    await openclaw.stopJob(machineId, record.id);
    const seen = await openclaw.probe(machineId);
    if (seen.has_worked || seen.ready === 'yes') return 'an assistant works on it already';
    return seen.has_state ? 'an assistant has left conversations on it' : undefined;
  } catch (error) {
    if (isAppError(error, 'not_found')) return undefined;
    if (!isAppError(error)) throw error;
    // Nothing has ever run on a machine whose first command did not.
    if (fresh && (await livingOrGone(machines, machineId, {}))?.phase !== 'sleeping') return undefined;
    return 'it does not answer, and an assistant may live on it';
  }
}

/** On a machine that sleeps nothing runs, and nothing wakes it. */
async function stopWorkOn({ machines, openclaw }: UndoDeps, machineId: string, jobId: string): Promise<void> {
  const gone = onAppError(undefined, 'not_found');
  const machine = await machines.get(machineId).catch(gone);
  if (machine?.phase === 'running') await openclaw.stopJob(machineId, jobId).catch(gone);
}

/** Undefined where the call was never carried out, and is not now: no machine can be its own. */
async function askedAgain(
  machines: MachineService,
  spec: CreateCall['spec'],
  key: string,
): Promise<string | undefined> {
  return (await machines.create(spec, key).catch(onAppError(undefined, 'quota', 'invalid_input')))?.machineId;
}
