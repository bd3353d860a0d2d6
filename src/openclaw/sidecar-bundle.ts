/** The machine's own program as this server carries it, and the command that brings it to a machine. */
import { createHash } from 'node:crypto';
import sidecarText from 'virtual:sidecar';

/** Names the bundle on the machine: the hash of its text. */
export const SIDECAR_HASH = createHash('sha256').update(sidecarText).digest('hex').slice(0, 32);

export const SIDECAR_TEXT: string = sidecarText;
