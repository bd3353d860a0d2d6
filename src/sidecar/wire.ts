/**
 * What is around every request and reply between a server and the machine's own program. Additive: a newer one of either
 * side may meet an older one of the other.
 */

import * as z from 'zod/mini';
import { MAX_LEVELS } from '../core/json.ts';

/** Grows when a server needs what an older program lacks, so that the older one is replaced within one version too. */
export const PROTOCOL_NUMBER = 3;

/** Of one answer: the API keeps what a command printed, and cuts what is long. */
export const MAX_PART_CHARS = 512 * 1024;
/** Unpacked, of a request and of a whole reply. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** A little more than what is read of a file or a command's output, which travels inside. */
export const MAX_DOCUMENT_LEVELS = MAX_LEVELS + 20;
/** Where a reply ends that came whole. */
export const END_MARK = 'end=1\n';

const order = z.number().check(z.int(), z.nonnegative());
const hash = z.string().check(z.regex(/^[0-9a-f]{32}$/));

/** Which program: the newer has the greater order, and the hash is that of its text. */
export const PROGRAM = z.object({ order, hash });
export type Program = z.infer<typeof PROGRAM>;

/** A request, as gzip in base64. */
export const ASKED = z.object({ from: PROGRAM, command: z.string(), request: z.unknown() });
export type Asked = z.infer<typeof ASKED>;

/** The command that asks for what did not fit into an answer. */
export const MORE = 'more';
export const MORE_REQUEST = z.object({ token: z.string() });

export const ANSWER = z.union([
  /** `packed` is the reply as gzip in base64, or a part of it, whose rest `more` names. */
  z.object({
    is: z.literal('reply'),
    packed: z.string(),
    more: z.optional(z.string().check(z.regex(/^[0-9a-f]{32}$/))),
  }),
  /** `detail` is foreign. */
  z.object({
    is: z.literal('error'),
    code: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,39}$/)),
    detail: z.string(),
  }),
  /** Nothing was done: whoever asks is newer, and replaces it. */
  z.object({ is: z.literal('old'), program: PROGRAM }),
]);
export type Answer = z.infer<typeof ANSWER>;

/** In the first line of a bundle, before its order. */
const BUNDLE_MARK = '// openclaw-dedalus-mcp ';

/** 0 where the text does not say: whatever does is newer. */
export function orderIn(bundle: string): number {
  const found = bundle.startsWith(BUNDLE_MARK) ? /^\d{1,15}/.exec(bundle.slice(BUNDLE_MARK.length)) : null;
  return Number(found?.[0] ?? 0);
}
