/**
 * Every request and reply of the machine's own program, as schemas. Additive: an older server may meet a newer program. A
 * newer one replaces an older program before it asks; grow `PROTOCOL_NUMBER` with a command that is new within one version.
 */
import * as z from 'zod/mini';
import { ASSISTANT_FILES_PROTOCOL } from './files/protocol.ts';
import { count, GATEWAY_PROTOCOL } from './gateway/protocol.ts';
import { INSTALL_PROTOCOL } from './install/protocol.ts';
import { JOBS_PROTOCOL } from './jobs/protocol.ts';
import { LOOK_PROTOCOL } from './look/protocol.ts';
import { REPAIR_PROTOCOL } from './repair/protocol.ts';
import { SPEND_PROTOCOL } from './spend/protocol.ts';
import { FILES_PROTOCOL } from './state/protocol.ts';
import { TURNS_PROTOCOL } from './turns/protocol.ts';

const text = z.catch(z.optional(z.string()), undefined);
const amount = z.catch(z.optional(z.number()), undefined);

/** A session as OpenClaw lists it. Foreign but for the numbers. */
export const sessionRow = z.object({
  key: z.string(),
  sessionId: text,
  agentId: text,
  updatedAt: amount,
  totalTokens: amount,
  displayName: text,
  derivedTitle: text,
  model: text,
  status: text,
  archived: z.catch(z.boolean(), false),
});

/** The full key of a session. */
const key = z.object({ key: z.string() });
const from = z.object({ offset: count, archived: z.boolean() });

/** By the name of a command: what it takes and what it answers. */
export const PROTOCOL = {
  /** Whether this bundle runs on the machine's Node. */
  hello: { request: z.object({}), reply: z.object({ node: z.string() }) },
  list_sessions: {
    request: z.extend(from, { limit: count }),
    reply: z.union([
      z.object({ from: z.enum(['gateway', 'files']), sessions: z.array(sessionRow), next: z.optional(from) }),
      z.object({ from: z.enum(['refused', 'down']) }),
    ]),
  },
  session_state: {
    request: key,
    reply: z.object({
      /**
       * - running: somebody's turn is at work in it, or one that OpenClaw goes on with after a crash
       * - archived: OpenClaw has put it away, and takes no message for it
       * - missing: nothing was ever said in it
       * - unknown: the gateway cannot be asked, or its version lists none
       */
      state: z.enum(['idle', 'running', 'archived', 'missing', 'unknown']),
      /** Its turn was ended from here since the gateway started, for ending the gateway twice. */
      ended: z.boolean(),
      /** The gateway before left a turn of it half done, whether or not that is at work still. */
      interrupted: z.catch(z.boolean(), false),
      disk_free_mib: count,
    }),
  },
  restore_session: { request: key, reply: z.object({ restored: z.boolean() }) },
  end_interrupted: { request: z.object({}), reply: z.object({ ended: z.array(z.string()) }) },
  ...GATEWAY_PROTOCOL,
  ...FILES_PROTOCOL,
  ...ASSISTANT_FILES_PROTOCOL,
  ...LOOK_PROTOCOL,
  ...JOBS_PROTOCOL,
  ...TURNS_PROTOCOL,
  ...REPAIR_PROTOCOL,
  ...INSTALL_PROTOCOL,
  ...SPEND_PROTOCOL,
} as const;

export { PACK_FOLDER } from './files/protocol.ts';
export { PACK } from './state/protocol.ts';
