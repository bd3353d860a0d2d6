/** The part of the protocol that is about detached jobs. */
import * as z from 'zod/mini';
import { PACK_FOLDER } from '../files/protocol.ts';
import { PACK } from '../state/protocol.ts';

const count = z.number().check(z.int(), z.nonnegative());
const id = z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/));

/** By kind: what a job takes and what it answers. Answers are flat strings, as jobs of earlier versions give them too. */
export const JOBS = {
  backup: {
    request: PACK.request,
    /** What was packed, as JSON. */
    reply: z.object({ packed: z.string() }),
  },
  pack_folder: {
    request: PACK_FOLDER.request,
    /** What was packed, as JSON. */
    reply: z.object({ packed: z.string() }),
  },
} as const;

export type JobKind = keyof typeof JOBS;
export type JobRequestOf<K extends JobKind> = z.infer<(typeof JOBS)[K]['request']>;
export type JobReplyOf<K extends JobKind> = z.infer<(typeof JOBS)[K]['reply']>;

export const JOBS_PROTOCOL = {
  /** Starts a job under an id, or joins the one that already has it. */
  job_start: {
    request: z.object({
      id,
      kind: z.string(),
      request: z.unknown(),
      /** Variables that OpenClaw is to see, such as the address of a model provider. */
      addresses: z.record(z.string().check(z.regex(/^[A-Z][A-Z0-9_]{0,60}$/)), z.string()),
    }),
    reply: z.object({ started: z.boolean() }),
  },
  /** Answers when there is a stage beyond `seen_stages` (beyond those of now where it is left out), at the end, or when the time is over. */
  job_read: {
    request: z.object({
      id,
      seen_stages: z.optional(count),
      wait_ms: count.check(z.maximum(60_000)),
    }),
    reply: z.object({
      state: z.enum(['unknown', 'running', 'done', 'failed', 'lost']),
      /** By the machine's clock, as the stages. */
      now: z.number(),
      stages: z.array(z.object({ name: z.string(), at: z.number() })),
      /** What it answered, or `error` and `detail`. Foreign where it was packed. */
      result: z.record(z.string(), z.string()),
      /** The end of its log, when failed or lost. Foreign. */
      log: z.string(),
    }),
  },
  /** Ends a job for good, with what it has started, and any start of it that is still on its way. */
  job_stop: { request: z.object({ id }), reply: z.object({ stopped: z.boolean() }) },
} as const;
