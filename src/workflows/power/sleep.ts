/** Puts a machine to sleep: waits for running work within a bound and names it, then processes end and only storage is billed. */
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError, onFailure } from '../../core/errors.ts';
import type { GatewayService } from '../../gateway/ports.ts';
import type { MachineService, SleepOutcome } from '../../machine/ports.ts';
import type { AutomationService } from '../../openclaw/look/automations.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';
import { type PhaseGoal, recoverPhase } from '../jobs/recover-phase.ts';
import { missedWhileAsleep } from '../look/automations.ts';
import { phaseChangeResult, phaseDetail } from '../result-fields.ts';
import { quietGateway } from './quiet-gateway.ts';

export const SLEEP = 'sleep';

const sleepInput = z.object({ machineId: z.string() });
const GOAL: PhaseGoal = { tool: 'sleep_machine', arrived: ['sleeping'], onItsWay: ['stopping'] };

// For 5 minutes after a wake the platform lets no machine sleep. The last minute of that is waited for; before it, the caller
// is told to come back.
const MAX_HOLD_MS = 60_000;
const MAX_HOLDS = 3;

export interface SleepDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  gateway: Pick<GatewayService, 'cancelTurn'>;
  automations: AutomationService;
  clock: Clock;
}

export const sleep = declareKind({
  name: SLEEP,
  input: sleepInput,
  result: phaseChangeResult,
  // Such work would wake the machine again. A deploy is not among them: a machine whose deploy nobody goes on with must be able
  // to sleep, since it is billed while it is awake.
  notBeside: ['configure', 'upgrade', 'restore', 'backup', 'save', 'send'],
  work: sleepWork,
  words: {
    subject: 'Putting the machine to sleep',
    noun: 'a sleep',
    details: ({ phase }) => [phaseDetail(phase)],
    next: () => 'Call chat or wake_machine when it is needed again; chat wakes it by itself.',
  },
});

function sleepWork(deps: SleepDeps): OperationKind {
  return {
    async run(operation) {
      const { machineId } = parseStored(sleepInput, operation.record.input);
      for (let holds = 0; ; holds++) {
        const { phase } = await deps.machines.get(machineId, operation);
        if (phase === 'running') await tellMissed(operation, deps, machineId);
        if (phase === 'running') await quietGateway(operation, deps, machineId);
        await operation.stage('sleep');
        try {
          const { machine, how } = await slept(operation, deps, machineId);
          return { machine_id: machineId, phase: machine.phase, how };
        } catch (error) {
          await waitOutHold(operation, deps.clock, error, holds);
        }
      }
    },
    recover: (_id, machineId) => recoverPhase(deps.machines, machineId, GOAL),
  };
}

/** Nothing that a sick machine says may keep it from being put to sleep. */
async function tellMissed(
  operation: OperationHandle,
  { automations }: SleepDeps,
  machineId: string,
): Promise<void> {
  const planned = await automations.list(machineId, operation).catch(onFailure(undefined, operation.signal));
  const missed = missedWhileAsleep(planned);
  if (missed !== undefined) await operation.note(missed);
}

async function slept(operation: OperationHandle, deps: SleepDeps, machineId: string): Promise<SleepOutcome> {
  try {
    return await deps.machines.sleep(machineId, operation);
  } catch (error) {
    if (isAppError(error, 'conflict', 'unsupported')) await deps.openclaw.startGateway(machineId, operation);
    throw error;
  }
}

/** @throws the error, unless it is a hold that is over soon. */
async function waitOutHold(
  operation: OperationHandle,
  clock: Clock,
  error: unknown,
  holds: number,
): Promise<void> {
  if (!isAppError(error, 'conflict') || error.details.platform_code !== 'SLEEP_HOLD_WINDOW_ACTIVE')
    throw error;
  const holdMs = error.details.retry_after_ms;
  if (typeof holdMs !== 'number') throw error;
  const seconds = Math.ceil(holdMs / 1000);
  if (holdMs > MAX_HOLD_MS || holds >= MAX_HOLDS) {
    throw new AppError(
      'conflict',
      `The machine was woken a short while ago and may not sleep for ${seconds} s yet`,
      {
        next: `Call sleep_machine again in ${seconds} s, or leave it to its autosleep.`,
        details: error.details,
        cause: error,
      },
    );
  }
  await operation.stage('hold');
  operation.tell(`the platform lets it sleep in ${seconds} s`);
  await clock.sleep(holdMs, operation.signal);
}
