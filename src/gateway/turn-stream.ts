/** Reads the gateway's answer to a chat turn: a stream of events, or one JSON error instead of it. */

import { createParser } from 'eventsource-parser';
import * as z from 'zod';
import { parseJson } from '../core/json.ts';
import { FINISH_REASONS, type FinishReason, type TurnUsage } from './ports.ts';

/** An error as the gateway wrote it; foreign. */
export interface ReportedError {
  /** HTTP status, where the error came as the whole answer. */
  httpStatus?: number | undefined;
  type?: string | undefined;
  code?: string | undefined;
  message: string;
}

export interface TurnStream {
  /** Takes the next piece of the answer, in order. */
  feed(piece: string): void;
  readonly text: string;
  readonly usage: TurnUsage | undefined;
  readonly finishReason: FinishReason | undefined;
  /** The error event inside the stream. */
  readonly error: ReportedError | undefined;
  /** Whether the stream said that it is over (`[DONE]`). */
  readonly done: boolean;
  /** The answer as it came, for when it is no stream at all; its first 64 KB. */
  readonly raw: string;
}

const errorBody = z.object({
  error: z.object({
    message: z.string().catch(''),
    type: z.string().optional().catch(undefined),
    code: z.string().optional().catch(undefined),
  }),
});

const chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).optional(),
        // A word that nobody knows says no more than that it ended.
        finish_reason: z.enum(FINISH_REASONS).nullish().catch('other'),
      }),
    )
    .catch([]),
  usage: z
    .object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() })
    .nullish()
    .catch(undefined),
});

const MAX_RAW = 65_536;

export function turnStream(): TurnStream {
  const seen = {
    text: '',
    usage: undefined as TurnUsage | undefined,
    finishReason: undefined as FinishReason | undefined,
    error: undefined as ReportedError | undefined,
    done: false,
    raw: '',
  };
  const parser = createParser({
    onEvent({ data }) {
      if (data.trim() === '[DONE]') seen.done = true;
      else take(data);
    },
  });
  const take = (data: string) => {
    const json = parseJson(data);
    const failed = reportedError(json, undefined);
    if (failed) seen.error = failed;
    const parsed = chunk.safeParse(json);
    if (!parsed.success) return;
    const choice = parsed.data.choices[0];
    seen.text += choice?.delta?.content ?? '';
    seen.finishReason = choice?.finish_reason ?? seen.finishReason;
    seen.usage = usageOf(parsed.data.usage) ?? seen.usage;
  };
  return Object.assign(seen, {
    feed(piece: string) {
      seen.raw = (seen.raw + piece).slice(0, MAX_RAW);
      parser.feed(piece);
    },
  });
}

/** The error in a body of the form `{"error":{…}}`; undefined for anything else. */
export function reportedError(json: unknown, httpStatus: number | undefined): ReportedError | undefined {
  const parsed = errorBody.safeParse(json);
  return parsed.success ? { ...parsed.data.error, httpStatus } : undefined;
}

// Versions before 2026.7 count nothing and report zeros, which would read as "free".
function usageOf(usage: z.infer<typeof chunk>['usage']): TurnUsage | undefined {
  return usage && usage.total_tokens !== 0 ? usage : undefined;
}
