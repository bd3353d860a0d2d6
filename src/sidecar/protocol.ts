/**
 * What server and machine say to each other, for both. The only file here that the server imports, which loads the schemas
 * when it first asks a machine: making them takes a twentieth of its start.
 */
import type * as z from 'zod/mini';
import type { gatewayHistory } from './gateway/protocol.ts';
import type { PROTOCOL } from './schemas.ts';

export type { JobKind, JobReplyOf, JobRequestOf } from './jobs/protocol.ts';
export type { PostureReply } from './look/protocol.ts';
export { IMAGE_TYPES } from './turns/image-types.ts';
export * from './wire.ts';

export const schemas = () => import('./schemas.ts');

export type GatewayHistory = z.infer<typeof gatewayHistory>;
export type CommandName = keyof typeof PROTOCOL;
export type RequestOf<C extends CommandName> = z.infer<(typeof PROTOCOL)[C]['request']>;
export type ReplyOf<C extends CommandName> = z.infer<(typeof PROTOCOL)[C]['reply']>;
