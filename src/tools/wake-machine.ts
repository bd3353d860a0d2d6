/** wake_machine: machine and gateway back to answering. */
import { WAKE } from '../workflows/power/wake.ts';
import { machineOperation } from './machine-operation.ts';

export const wakeMachine = machineOperation({
  name: 'wake_machine',
  title: 'Wake a machine',
  description:
    'Wakes a sleeping machine, checks every layer on it and repairs what is missing; also the way to restart a gateway that is down. Returns phase and what was repaired. chat does this by itself.',
  kind: WAKE,
});
