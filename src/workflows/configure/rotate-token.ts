/** A new token for the gateway, once per operation. */
import * as z from 'zod';
import type { PostureService } from '../../openclaw/look/posture.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { parseStored } from '../jobs/stored-state.ts';

const rotation = z.object({ rotated: z.boolean().default(false) });

/** Once per operation, also when it is carried on elsewhere. */
export async function rotateToken(
  operation: OperationHandle,
  { posture }: { posture: Pick<PostureService, 'rotateToken'> },
  machineId: string,
): Promise<void> {
  if (parseStored(rotation, operation.record.state).rotated) return;
  await operation.stage('rotate');
  await posture.rotateToken(machineId, { signal: operation.signal });
  await operation.save({ rotated: true });
  await operation.note(
    'The gateway has a new token, and refuses the old one: browsers with the Control UI must log in again.',
  );
}
