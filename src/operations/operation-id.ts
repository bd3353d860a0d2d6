/** An operation's id says what it is and where it works, so that it can be found again without its record. */
import { randomBytes } from 'node:crypto';

/** `kind`, and the machine where the id names one. Machine ids hold no underscore. */
export function parseOperationId(id: string): { kind: string; machineId: string | undefined } | undefined {
  const match = /^([a-z]+)_(?:([A-Za-z0-9-]{1,64})_)?[0-9a-f]{16}$/.exec(id);
  return match?.[1] === undefined ? undefined : { kind: match[1], machineId: match[2] };
}

export function operationId(kind: string, machineId: string | undefined): string {
  const random = randomBytes(8).toString('hex');
  return machineId === undefined ? `${kind}_${random}` : `${kind}_${machineId}_${random}`;
}
