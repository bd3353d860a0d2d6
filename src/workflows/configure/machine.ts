/** Resizes an assistant's machine, or sets its autosleep: while it runs where the API allows that, else while it sleeps. */
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';

export const machineWish = z.object({
  autosleep: z.string().optional(),
  vcpu: z.number().optional(),
  memoryMib: z.number().optional(),
  storageGib: z.number().optional(),
});
export type MachineWish = z.output<typeof machineWish>;

const restState = z.object({ slept: z.boolean().default(false) });

/**
 * @returns whether the machine was put to sleep on the way, now or by an earlier run of this operation.
 * @throws AppError `invalid_input` before anything is changed when storage would shrink; else as MachineService.
 */
export async function changeMachine(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  { autosleep, vcpu, memoryMib, storageGib }: MachineWish,
): Promise<boolean> {
  const size = { vcpu, memoryMib, storageGib };
  const sized = Object.values(size).some((value) => value !== undefined);
  if (autosleep === undefined && !sized) return false;
  await operation.stage('machine');
  const before = await machines.get(machineId, operation);
  refuseShrinking(before, size);
  if (autosleep !== undefined) {
    await machines.update(machineId, { autosleep }, `${operation.id}-autosleep`, operation);
    await operation.note(
      autosleep === 'never'
        ? 'The machine no longer sleeps by itself: it is billed until sleep_machine or destroy_machine.'
        : `The machine now sleeps after ${autosleep} without use.`,
    );
  }
  if (sized && !hasSize(before, size)) await resize(operation, machines, machineId, size);
  return parseStored(restState, operation.record.state).slept;
}

function refuseShrinking({ storageGib }: Machine, wish: MachineWish): void {
  if (wish.storageGib === undefined || storageGib === undefined || wish.storageGib >= storageGib) return;
  throw new AppError(
    'invalid_input',
    `Nothing was changed: the machine has ${storageGib} GiB, and storage only grows`,
    {
      next: `Pass storage_gib of ${storageGib} or more, or leave it out.`,
    },
  );
}

function hasSize(machine: Machine, { vcpu, memoryMib, storageGib }: MachineWish): boolean {
  return (
    (vcpu ?? machine.vcpu) === machine.vcpu &&
    (memoryMib ?? machine.memoryMib) === machine.memoryMib &&
    (storageGib ?? machine.storageGib) === machine.storageGib
  );
}

async function resize(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  size: MachineWish,
): Promise<void> {
  try {
    await machines.update(machineId, size, `${operation.id}-size`, operation);
  } catch (error) {
    if (!isAppError(error, 'conflict') || error.details.platform_code !== 'INVALID_STATE') throw error;
    // The newest generation resizes only a sleeping machine; the caller wakes it again.
    await operation.stage('sleep');
    await operation.save({ slept: true });
    await machines.sleep(machineId, operation);
    await operation.stage('resize');
    await machines.update(machineId, size, `${operation.id}-size-asleep`, operation);
    await operation.note('The machine slept for a moment, since its size changes only then.');
  }
}
