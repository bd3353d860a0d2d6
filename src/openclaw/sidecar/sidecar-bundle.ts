/** The machine's own program as this server carries it. */
import { createHash } from 'node:crypto';
import sidecarText from 'virtual:sidecar';
import { orderIn, type Program } from '../../sidecar/protocol.ts';

export const SIDECAR_TEXT: string = sidecarText;

/** Names the bundle on the machine: the hash of its text. */
export const SIDECAR_HASH = createHash('sha256').update(sidecarText).digest('hex').slice(0, 32);

export const SIDECAR: Program = { order: orderIn(sidecarText), hash: SIDECAR_HASH };
