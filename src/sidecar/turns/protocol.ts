/** The part of the protocol that is about chat turns, and about what their sessions hold. */
import * as z from 'zod/mini';
import { limit, standing } from '../spend/protocol.ts';
import { IMAGE_TYPES } from './image-types.ts';

const count = z.number().check(z.int(), z.nonnegative());
const turn = z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/));
/** The full key of a session. */
const key = z.string().check(z.maxLength(1_000));

const follow = {
  turn,
  /** Of the first byte of the answer that the reader does not have yet. */
  offset: count,
  /** How long to wait for the end of the turn; 0 only looks. */
  wait_ms: count.check(z.maximum(60_000)),
};

/** Paths are foreign, and as `files` takes them. */
export const made = z.object({
  files: z.array(z.object({ path: z.string(), bytes: count })),
  /** There may be more than is told. */
  more: z.boolean(),
  /** Whether another session was at work meanwhile, which may have made some of it. */
  others: z.enum(['none', 'some', 'unknown']),
});

const reply = z.object({
  /**
   * unknown: nothing here has this id · unsent: nothing was sent yet · running · done: the gateway answered to the end ·
   * failed: it ended otherwise · lost: sent perhaps, and nobody waits for the answer any more
   */
  state: z.enum(['unknown', 'unsent', 'running', 'done', 'failed', 'lost']),
  session: z.optional(z.string()),
  /** By the machine's own clock, as all times here. */
  started_ms: z.optional(count),
  ended_ms: z.optional(count),
  now_ms: count,
  /** False where nothing of the message left the machine's own queue. */
  sent: z.boolean(),
  /** Why it was ended from here, where it was. */
  ended_for: z.optional(z.enum(['cancelled', 'asleep'])),
  /** Of curl, once it has ended. */
  curl_exit: z.optional(count),
  curl_error: z.optional(z.string()),
  /** HTTP status; 0 where there was no answer at all. */
  http: z.optional(count),
  /** Whether the disk has no room, so that what was answered may not have been written. */
  disk_full: z.boolean(),
  /** The answer from where it was asked for, a whole number of characters; foreign, as all that follows. */
  answer: z.string(),
  /** Of the first byte that was not handed out. */
  next: count,
  /** Whether there is more of it already. */
  more: z.boolean(),
  /** How the day stands to its limit; once the turn has ended, and where there is one. */
  spend: z.optional(standing),
  /** What the session says of the failure of its newest reply, where the answer alone does not tell. */
  failure: z.optional(z.string()),
  /** Which files appeared or changed meanwhile; once it is over, where that could be looked at. */
  made: z.optional(made),
  /** What OpenClaw's log says of a turn that failed. */
  account: z.optional(
    z.object({
      provider: z.optional(z.string()),
      model: z.optional(z.string()),
      /** The provider's own words, as far as OpenClaw keeps them, else OpenClaw's. */
      said: z.optional(z.string()),
      /** How the model ended without a word: it only thought; it sent nothing; its limit of output came first. */
      ending: z.optional(z.enum(['thought', 'empty', 'cut'])),
    }),
  ),
});

export const message = z.object({
  /** As OpenClaw says: user, assistant, toolResult, custom, … */
  role: z.string(),
  text: z.string(),
  at_ms: z.optional(z.number()),
});

/** Carried here beforehand, in pieces. */
export const image = z.object({
  job: z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/)),
  pieces: count,
  sha256: z.string(),
  type: z.enum(IMAGE_TYPES),
});

export const TURNS_PROTOCOL = {
  /** Sends the message, at most once for all time, or joins the turn of this id. */
  turn_start: {
    request: z.object({
      ...follow,
      key,
      /** The gateway's own request, as JSON text. */
      body: z.string(),
      /** Header lines beside the token. */
      headers: z.string(),
      /** As the server knows it. */
      limit: z.optional(limit),
      /** Put behind the text; the body then ends in a list of parts. */
      images: z.optional(z.array(image)),
    }),
    reply,
  },
  /** Whether the model that would answer sees images; `unknown` where the release does not tell. */
  takes_images: {
    request: z.object({ agent: z.string(), model: z.optional(z.string()) }),
    reply: z.object({ takes: z.enum(['yes', 'no', 'unknown']) }),
  },
  turn_read: { request: z.object(follow), reply },
  /** Ends the turn; one that is over stays as it was, and one that was not begun never will be. */
  turn_cancel: {
    request: z.object({ turn, because: z.enum(['cancelled', 'asleep']) }),
    reply,
  },
  /** The newest messages of a session, oldest first; fewer than asked for where they are large. */
  read_session: {
    request: z.object({ key, limit: count.check(z.minimum(1)), cursor: z.optional(z.string()) }),
    reply: z.union([
      z.object({ session: z.string(), messages: z.array(message), next: z.optional(z.string()) }),
      z.object({ problem: z.enum(['missing', 'refused', 'down', 'too_large']) }),
      /** What the gateway answered instead; foreign. */
      z.object({ problem: z.literal('other'), http: count, answer: z.string() }),
    ]),
  },
} as const;
