/** The part of the protocol that is about the assistant's own files, and about what is carried to and from the machine. */
import * as z from 'zod/mini';

const count = z.number().check(z.int(), z.nonnegative());
const hex64 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** Relative to the workspace, from the root on, or from `~/`. */
const path = z.string().check(z.maxLength(1_000));
const job = z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/));
const mark = z.string().check(z.maxLength(200));
const piece = z.object({ data: z.string(), sha256: hex64 });

/** Names and paths in replies are foreign. */
export const entry = z.object({
  name: z.string(),
  kind: z.enum(['file', 'folder', 'link', 'other']),
  bytes: count,
  changed_ms: count,
});

/** A folder as one archive in the job's folder of transfers. */
export const PACK_FOLDER = {
  request: z.object({ path }),
  reply: z.object({ bytes: count, sha256: hex64, left_out: count }),
};

export const ASSISTANT_FILES_PROTOCOL = {
  /** Of a folder, the newest first. */
  file_list: {
    request: z.object({ path, offset: count, limit: count }),
    reply: z.object({
      path: z.string(),
      entries: z.array(entry),
      total: count,
      /** Whether even the total is only what was looked at. */
      more: z.boolean(),
      /** Left out, since their names are no names: they hold line ends or are no text. */
      odd: count,
    }),
  },
  /** `mark` changes with every change of the file. */
  file_look: {
    request: z.object({ path }),
    reply: z.object({ path: z.string(), kind: z.enum(['file', 'folder']), bytes: count, mark }),
  },
  /** `text` is left out where it is none. A part of a character at either end is left out too. */
  file_text: {
    request: z.object({ path, offset: count, bytes: count }),
    reply: z.object({ path: z.string(), bytes: count, next: count, text: z.optional(z.string()) }),
  },
  /** As base64. */
  file_piece: { request: z.object({ path, mark, offset: count, bytes: count }), reply: piece },
  /** The file appears whole or not at all, from what is sent with this or was carried there before. */
  file_put: {
    request: z.object({
      path,
      replace: z.boolean(),
      sha256: hex64,
      from: z.union([z.object({ data: z.string() }), z.object({ job, pieces: count })]),
    }),
    reply: z.object({ path: z.string(), bytes: count }),
  },
  /** Whether it could be put there now. */
  file_may_put: { request: z.object({ path, replace: z.boolean(), bytes: count }), reply: z.object({}) },
  /** Of the archive that a job has packed. */
  transfer_read: { request: z.object({ job, offset: count, bytes: count }), reply: piece },
  transfer_write: { request: z.extend(piece, { job, index: count }), reply: z.object({}) },
  /** Which pieces have arrived. */
  transfer_list: { request: z.object({ job }), reply: z.object({ have: z.array(count) }) },
  transfer_end: { request: z.object({ job }), reply: z.object({}) },
} as const;
