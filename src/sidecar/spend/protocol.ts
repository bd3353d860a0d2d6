/** The part of the protocol that is about what an assistant spends, and how much it may. */
import * as z from 'zod/mini';
import { MAX_AMOUNT } from './limit.ts';

// Many of them are added up.
const amount = z.number().check(z.nonnegative(), z.maximum(MAX_AMOUNT));
const spent = { tokens: amount, usd: amount, unpriced: amount };

/** Without a number it is lifted. */
export const limit = z.object({
  tokens: z.optional(amount),
  usd: z.optional(amount),
  zone: z.optional(z.string().check(z.maxLength(60))),
  set_at: amount,
});

export const standing = z.object({
  /** Undefined where none is set. */
  limit: z.optional(limit),
  today: z.optional(
    z.object({ day: z.string(), ...spent, standing: z.enum(['under', 'warned', 'reached', 'twice']) }),
  ),
  /**
   * - no_limit: nothing is to be kept · kept: the gateway's settings name the plugin that keeps it
   * - not_kept: they do not · broken: the limit cannot be read, and nothing new begins
   */
  keeping: z.enum(['no_limit', 'kept', 'not_kept', 'broken']),
});

export const SPEND_PROTOCOL = {
  /**
   * The later of two limits counts, whoever set it; none is later than its arrival. Where nobody knows what `model` costs,
   * one in money is refused.
   */
  set_limit: {
    request: z.object({ limit, model: z.optional(z.string()) }),
    /** `set_at`: the moment of the limit that the machine keeps now, of one that lifts too. */
    reply: z.extend(standing, { plugin: z.string(), set_at: amount }),
  },
  spend: {
    /** What is asked of OpenClaw itself, which takes a second or more. */
    request: z.object({ accounts: z.enum(['nothing', 'days', 'sessions']) }),
    reply: z.extend(standing, {
      /** Without days on which nothing was spent. Foreign but for the numbers, as what follows. */
      days: z.optional(z.array(z.object({ date: z.string(), ...spent }))),
      total: z.optional(z.object(spent)),
      sessions: z.optional(z.array(z.object({ key: z.string(), ...spent }))),
    }),
  },
} as const;
