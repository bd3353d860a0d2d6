/** The part of the protocol that is about the gateway's process. */
import * as z from 'zod/mini';

export const count = z.number().check(z.int(), z.nonnegative());

/** Variables that OpenClaw reads at its start. */
export const ADDRESS = /^[A-Z][A-Z0-9_]{0,60}_BASE_URL$/;
/** Where providers are asked instead of at their own address. */
export const addressesSchema = z.record(z.string().check(z.regex(ADDRESS)), z.string());

/**
 * A gateway that somebody wanted to run and that did not, or did not answer.
 * - ended: by itself, or killed by whomever · refused: its settings; it said so and ended · deaf: it lived and did not answer
 * - full_disk: it had seen a full disk, and answered no chat although there was room again
 */
export const gatewayEvent = z.object({
  /** Milliseconds since the epoch, by the machine's clock. */
  at: count,
  why: z.enum(['ended', 'out_of_memory', 'refused', 'deaf', 'full_disk']),
  /** `failed`: it was started, and did not come to work · `left_down`: nobody tries again until a call does. */
  did: z.enum(['restarted', 'failed', 'left_down']),
});

/** What happened to the gateway that nobody asked for. */
export const gatewayHistory = z.object({
  /** Oldest first; at most twenty, of the last seven days. */
  events: z.array(gatewayEvent),
  /** How many of them nobody had asked for before. */
  fresh: count,
  /** How many are of the last day, by the machine's clock. */
  lately: count,
});

export const GATEWAY_PROTOCOL = {
  /** Does nothing where it works. A machine that was about to sleep is awake for it. */
  start_gateway: {
    request: z.object({ addresses: addressesSchema }),
    reply: z.object({
      /** False where it ran already. */
      started: z.boolean(),
      /** What was missing and was put back. */
      repaired: z.array(
        z.enum(['gateway', 'hung_gateway', 'full_disk', 'file_modes', 'auth_file', 'pid_file']),
      ),
    }),
  },
  stop_gateway: {
    /** How long it may take to end by itself. */
    request: z.object({ patience_ms: count }),
    reply: z.object({ how: z.enum(['not_running', 'stopped', 'killed']) }),
  },
  /** Waits for running work, then asks the gateway to take no more; `start_gateway` undoes it. */
  suspend_gateway: {
    request: z.object({ wait_ms: count }),
    reply: z.object({
      /** `idle`: nothing of ours runs, and this release cannot promise more. */
      state: z.enum(['suspended', 'idle', 'busy', 'down']),
      /** Ids of the turns that were sent from a server and still run. Foreign. */
      turns: z.array(z.string()),
      /** Pieces of work that the gateway itself counts; 0 where it did not say. */
      blockers: count,
    }),
  },
  /** Makes a new token here, which is never sent anywhere; done only when the gateway refuses the old one. */
  rotate_token: { request: z.object({}), reply: z.object({}) },
} as const;
