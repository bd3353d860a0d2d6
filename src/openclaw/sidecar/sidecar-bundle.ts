/** The machine's own program as this server carries it. */
import { createHash } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import packed from 'virtual:sidecar';
import { orderIn, type Program } from '../../sidecar/protocol.ts';

/** As it travels: base64 of brotli. */
export const PACKED_SIDECAR: string = packed;

export const SIDECAR_TEXT: string = brotliDecompressSync(Buffer.from(packed, 'base64')).toString('utf8');

/** Names the bundle on the machine: the hash of its text. */
export const SIDECAR_HASH = createHash('sha256').update(SIDECAR_TEXT).digest('hex').slice(0, 32);

export const SIDECAR: Program = { order: orderIn(SIDECAR_TEXT), hash: SIDECAR_HASH };
