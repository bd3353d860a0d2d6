/** The part of the protocol that is about mending. */
import * as z from 'zod/mini';

/** In the order in which they are done. */
export const MENDS = [
  'disk',
  'duplicates',
  'hung',
  'locks',
  'modes',
  'config',
  'keys',
  'auth',
  'low_memory',
] as const;

export const REPAIR_PROTOCOL = {
  /** Each mend looks before it acts, and changes nothing that is right. */
  mend: {
    request: z.object({
      mends: z.array(z.enum(MENDS)),
      /** Of the server, for those that are missing. */
      provider_keys: z.record(z.string(), z.string()),
    }),
    /** What each that had an effect says: a count, MiB, or a word. */
    reply: z.object({
      done: z.partialRecord(z.enum(MENDS), z.string().check(z.regex(/^[a-z0-9]{1,20}$/))),
    }),
  },
} as const;
