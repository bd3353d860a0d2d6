/** The part of the protocol that only looks: nothing is started or changed by it. */
import * as z from 'zod/mini';
import { gatewayEvent } from '../gateway/protocol.ts';

const count = z.number().check(z.int(), z.nonnegative());
const text = z.string();
/** Foreign: lines of a log, as they are. */
const lines = z.object({ lines: z.array(text), truncated: z.boolean() });

export const LOOK_PROTOCOL = {
  /** The last lines of the gateway's own log, and of what its process printed; both outlive it. */
  read_log: {
    request: z.object({
      lines: count,
      /** Names of levels that a record must have; any where it is empty. */
      levels: z.array(text),
      /** Words that a line must hold, whatever their case. */
      contains: text,
    }),
    reply: z.object({
      log: lines,
      printed: lines,
      /** When its gateway went down by itself. */
      events: z.catch(z.array(gatewayEvent), []),
    }),
  },
  /** The versions whose state was kept when they were upgraded. Foreign. */
  kept_states: { request: z.object({}), reply: z.object({ kept: z.array(text) }) },
} as const;
