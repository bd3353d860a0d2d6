/** What would be lost with a machine, as far as it can be known without waking it. */
import type { WaitOptions } from '../../core/abort.ts';
import { ageMs, type Clock } from '../../core/clock.ts';
import { AppError, onFailure } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { GatewayService } from '../../gateway/ports.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { Operations } from '../../operations/ports.ts';
import { parseOperationId } from '../../operations/record.ts';
import type { Directory } from '../look/directory.ts';
import { isAlive, safePhase } from '../power/machine-phase.ts';
import { DESTROY, identityOf } from './destroy.ts';

export interface DestroyPlanDeps {
  machines: MachineService;
  gateway: Pick<GatewayService, 'listSessions'>;
  operations: Operations;
  directory: Directory;
  clock: Clock;
}

export interface DestroyPlan {
  machineId: string;
  name: string | undefined;
  phase: string;
  /** ISO time, and the age in our words; undefined where the API does not tell. */
  createdAt: string | undefined;
  age: string | undefined;
  /** "3", "100 or more", or why it is not known. */
  sessions: string;
  /** ISO time of the newest session's last change, or why it is not known. */
  lastActivity: string;
  target: Target;
}

/** Which machine is meant, and in which state it was seen. */
export interface Target {
  machine: Machine;
  /** Of the machine itself; see identityOf. */
  identity: string;
  /** What a confirmation is bound to: changes when the machine is another one, or was used from here since. */
  state: string;
}

const MAX_COUNTED = 100;
const ISO = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}Z$/;

/** @throws as MachineService.get. */
export async function destroyPlan(
  deps: DestroyPlanDeps,
  machineId: string,
  options: WaitOptions,
): Promise<DestroyPlan> {
  const target = await targetOf(deps, machineId, options);
  const { machine } = target;
  const createdAt = isoOf(machine.createdAt);
  const content =
    machine.phase === 'running'
      ? await contentOf(deps, machineId, options)
      : unknownContent('the machine is not awake, and looking would wake it');
  return {
    machineId,
    name: (await deps.directory.names()).get(machineId),
    phase: safePhase(machine.phase),
    createdAt,
    age: createdAt === undefined ? undefined : ageOf(ageMs(createdAt, deps.clock.now())),
    ...content,
    target,
  };
}

/** @throws AppError `not_found` also for a machine that is on its way out; as MachineService.get. */
export async function targetOf(
  { machines, operations }: Pick<DestroyPlanDeps, 'machines' | 'operations'>,
  machineId: string,
  options: WaitOptions,
): Promise<Target> {
  const { machine, identity } = await identityOf(machines, machineId, options);
  if (!isAlive(machine)) {
    throw new AppError('not_found', `Machine ${machineId} is already destroyed, or about to be`);
  }
  const about = (id: string) => {
    const said = parseOperationId(id);
    return said !== undefined && said.kind !== DESTROY && (said.machineId ?? machineId) === machineId;
  };
  const newest = (await operations.list('all', about)).find((record) => record.machineId === machineId);
  return { machine, identity, state: JSON.stringify([identity, newest?.id ?? null]) };
}

async function contentOf({ gateway }: DestroyPlanDeps, machineId: string, { signal }: WaitOptions) {
  const page = await gateway
    .listSessions(machineId, { limit: MAX_COUNTED, signal })
    .catch(onFailure(undefined, signal));
  if (page === undefined) return unknownContent('the assistant does not answer');
  const times = page.sessions.flatMap((session) => isoOf(session.updatedAt) ?? []).sort();
  return {
    sessions: page.nextCursor === undefined ? `${page.sessions.length}` : `${page.sessions.length} or more`,
    lastActivity: times.at(-1) ?? 'none known',
  };
}

function unknownContent(why: string) {
  return { sessions: `unknown: ${why}`, lastActivity: `unknown: ${why}` };
}

/** A time is printed only when it is one: it comes from a machine or an API. */
function isoOf(time: string | undefined): string | undefined {
  return time !== undefined && ISO.test(time) && !Number.isNaN(Date.parse(time)) ? time : undefined;
}

function ageOf(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / 3_600_000));
  return hours < 48 ? `${hours} hour(s)` : `${Math.floor(hours / 24)} days`;
}
