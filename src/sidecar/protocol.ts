/**
 * What server and machine say to each other: every request and reply of the machine's own program, as schemas. The only
 * file here that the server imports. Additive: a newer server may meet an older bundle, never the other way round, since
 * each server sends the one that it was built with.
 */
import * as z from 'zod/mini';
import { FILES_PROTOCOL } from './state/protocol.ts';

/** By the name of a command: what it takes and what it answers. */
export const PROTOCOL = {
  /** Whether this bundle runs on the machine's Node. */
  hello: { request: z.object({}), reply: z.object({ node: z.string() }) },
  ...FILES_PROTOCOL,
} as const;

export type CommandName = keyof typeof PROTOCOL;
export type RequestOf<C extends CommandName> = z.infer<(typeof PROTOCOL)[C]['request']>;
export type ReplyOf<C extends CommandName> = z.infer<(typeof PROTOCOL)[C]['reply']>;
