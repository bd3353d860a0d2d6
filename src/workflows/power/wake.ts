/** Brings a machine and everything on it back to answering, and says what was found and what was repaired. */
import * as z from 'zod';
import type { MachineService } from '../../machine/ports.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';
import { type PhaseGoal, recoverPhase } from '../jobs/recover-phase.ts';
import { chatNext, phaseChangeResult, phaseDetail } from '../result-fields.ts';
import { safePhase } from './machine-phase.ts';

export const WAKE = 'wake';

const wakeInput = z.object({ machineId: z.string() });
const GOAL: PhaseGoal = { tool: 'wake_machine', arrived: ['running'], onItsWay: ['starting'] };

export const wake = declareKind({
  name: WAKE,
  input: wakeInput,
  result: phaseChangeResult.extend({ repaired: z.array(z.string()) }),
  work: wakeWork,
  words: {
    subject: 'Waking the machine',
    noun: 'a wake',
    details: ({ phase, repaired }) => [
      phaseDetail(phase),
      repaired && (repaired.length === 0 ? 'nothing had to be repaired' : `repaired: ${repaired.join(', ')}`),
    ],
    next: chatNext,
  },
});

function wakeWork(deps: { machines: MachineService; openclaw: OpenClawService }): OperationKind {
  return {
    async run(operation) {
      const { machineId } = parseStored(wakeInput, operation.record.input);
      const woken = await wakeMachine(operation, deps.machines, machineId);
      await operation.stage('gateway');
      const gateway = await deps.openclaw.startGateway(machineId, operation);
      return {
        machine_id: machineId,
        phase: woken.phase,
        how: woken.how,
        repaired: [...gateway.repaired],
      };
    },
    recover: (_id, machineId) => recoverPhase(deps.machines, machineId, GOAL),
  };
}

/** Wakes the machine itself and waits until commands run on it. */
export async function wakeMachine(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
): Promise<{ phase: string; how: string }> {
  await operation.stage('wake');
  const { machine, how } = await machines.wake(machineId, {
    signal: operation.signal,
    onPhase: (seen) => operation.tell(`machine is ${safePhase(seen.phase)}`),
  });
  if (how !== 'already_running') {
    await operation.stage('guest');
    await machines.waitForGuest(machineId, operation);
  }
  return { phase: machine.phase, how };
}
