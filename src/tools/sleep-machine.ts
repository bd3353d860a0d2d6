/** sleep_machine: processes end, the home stays, compute is no longer billed. */
import { SLEEP } from '../workflows/power/sleep.ts';
import { machineOperation } from './machine-operation.ts';

export const sleepMachine = machineOperation({
  name: 'sleep_machine',
  title: 'Put a machine to sleep',
  description:
    "Puts a machine to sleep: its files and the assistant's memory stay, compute is no longer billed, channels go quiet. Returns phase. chat or wake_machine wakes it again.",
  kind: SLEEP,
});
