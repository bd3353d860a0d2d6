/** Waits for a machine to reach a phase, telling at every change what a person would want to see. */
import type { MachineTiming } from '../config/timing.ts';
import type { WaitOptions } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { DedalusApi, Machine } from '../dedalus/api.ts';
import { awaitsPlacement, placementStuck, throwIfTrouble, vanished } from './phases.ts';
import type { OnPhase } from './ports.ts';

/** What every part of the service works with. */
export interface MachineContext {
  api: DedalusApi;
  clock: Clock;
  timing: MachineTiming;
}

export interface PhaseWait extends WaitOptions {
  /** For the timeout's message: "machine dm-1 to run". */
  what: string;
  timeoutMs: number;
  onPhase?: OnPhase | undefined;
}

/**
 * Looks until `arrived` says yes; `judge` throws when it never will.
 * @throws AppError `machine_failed` (details.reason `machine_not_found`) when the API forgets it while we wait.
 */
export async function waitForPhase(
  { api, clock, timing }: MachineContext,
  machineId: string,
  wait: PhaseWait,
  arrived: (machine: Machine) => boolean,
  judge: (machine: Machine) => void,
): Promise<Machine> {
  let last: Machine | undefined;
  const options = {
    clock,
    what: wait.what,
    intervalMs: timing.phasePollMs,
    maxIntervalMs: timing.maxPhasePollMs,
    timeoutMs: wait.timeoutMs,
    signal: wait.signal,
  };
  return poll(options, async () => {
    const machine = await getKnown(api, machineId, last, wait);
    if (machine.phase !== last?.phase || machine.reason !== last.reason) wait.onPhase?.(machine);
    last = machine;
    if (arrived(machine)) return { done: machine };
    judge(machine);
    return {};
  });
}

/**
 * Waits until `running`. A sleeping machine counts as on its way only where `waking` says that somebody wakes it.
 * @throws AppError `machine_failed`, `conflict` for a machine that sleeps, `timeout`.
 */
export function waitForRunning(
  context: MachineContext,
  machineId: string,
  wait: Omit<PhaseWait, 'what'>,
  waking: boolean,
): Promise<Machine> {
  const { clock, timing } = context;
  let unplacedSince: number | undefined;
  const judge = (machine: Machine) => {
    throwIfTrouble(machine);
    if (!waking && machine.phase === 'sleeping' && machine.desiredState !== 'running')
      throw asleep(machineId);
    unplacedSince = awaitsPlacement(machine) ? (unplacedSince ?? clock.elapsed()) : undefined;
    if (unplacedSince !== undefined && clock.elapsed() - unplacedSince >= timing.placementStuckMs) {
      throw placementStuck(machine);
    }
  };
  const what = 'the machine to run';
  return waitForPhase(context, machineId, { ...wait, what }, (m) => m.phase === 'running', judge);
}

function asleep(machineId: string): AppError {
  return new AppError('conflict', 'The machine is asleep', {
    next: 'Call wake_machine.',
    details: { machine_id: machineId, phase: 'sleeping' },
  });
}

async function getKnown(
  api: DedalusApi,
  machineId: string,
  last: Machine | undefined,
  options: WaitOptions,
): Promise<Machine> {
  try {
    return await api.getMachine(machineId, { signal: options.signal });
  } catch (error) {
    throw last !== undefined && isAppError(error, 'not_found') ? vanished(machineId) : error;
  }
}
