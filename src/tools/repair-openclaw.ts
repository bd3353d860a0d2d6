/** repair_openclaw: finds what is wrong with an assistant, mends what is safe, says what is left. */
import { REPAIR } from '../workflows/repair/repair.ts';
import { machineOperation } from './machine-operation.ts';

export const repairOpenclaw = machineOperation({
  name: 'repair_openclaw',
  title: 'Repair OpenClaw',
  description:
    'Finds what is wrong with an assistant and mends what is safe: gateway, port, locks, disk, Node, files, configuration, keys; wakes the machine, removes no state. Returns found, done, left.',
  kind: REPAIR,
});
