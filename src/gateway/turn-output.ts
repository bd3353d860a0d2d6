/** What `turn.sh` prints, as types. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { ScriptOutput } from '../openclaw/script-output.ts';
import { parseJson } from './turn-stream.ts';

export interface TurnOutput {
  /** See `turn_state` in turn.sh. */
  state: 'running' | 'ended' | 'lost' | 'unsent' | 'unknown';
  /** curl's exit code; `cancelled` when we ended it, `asleep` when that was to put its machine to sleep. */
  curlExit: number | 'cancelled' | 'asleep' | undefined;
  /** 0 when there was no answer at all. */
  httpStatus: number;
  curlError: string;
  startedMs: number | undefined;
  /** Undefined until the end. */
  endedMs: number | undefined;
  /** The machine's own clock. */
  nowMs: number | undefined;
  /** Milliseconds that the script itself ran, its wait for the reply included. */
  tookMs: number | undefined;
  sse: string;
  /** Offset of the first byte that was not handed out yet. */
  next: number;
  /** Bytes of the answer so far. */
  size: number;
  session: string | undefined;
  /** False when nothing of the message left the machine's own queue. */
  sent: boolean;
  /** Answer of the history endpoint, where the chat's answer alone does not tell how it ended; foreign. */
  transcript: string | undefined;
  /** Lines of OpenClaw's log about a turn that failed; foreign. */
  runLog: string | undefined;
}

const count = z.coerce.number().int().nonnegative();

const values = z.object({
  state: z.enum(['running', 'ended', 'lost', 'unsent', 'unknown']),
  curl_exit: z.union([z.enum(['cancelled', 'asleep']), count]).optional(),
  http: count.catch(0),
  started_ms: count.optional(),
  ended_ms: count.optional(),
  now_ms: count.optional(),
  took_ms: count.optional(),
  sent: z.enum(['yes', 'no']).default('no'),
  next: count.default(0),
  size: count.default(0),
});

const context = z.object({ session: z.string() });

/** The server's own note about a turn, kept on the machine so that any later process can tell its session. */
export function turnContext(session: string): string {
  return JSON.stringify({ session });
}

/** @throws AppError `command_failed` when the script printed something else. */
export function turnOutput(output: ScriptOutput): TurnOutput {
  const parsed = values.safeParse(output.values);
  if (!parsed.success) {
    throw new AppError('command_failed', 'The machine described the chat turn in a form that is not known', {
      next: 'Repeat the call; if it happens again, deploy this version once more onto the machine.',
      cause: parsed.error,
    });
  }
  const { data } = parsed;
  return {
    state: data.state,
    curlExit: data.curl_exit,
    httpStatus: data.http,
    curlError: output.blobs.curl_error ?? '',
    startedMs: data.started_ms,
    endedMs: data.ended_ms,
    nowMs: data.now_ms,
    tookMs: data.took_ms,
    sse: output.blobs.sse ?? '',
    sent: data.sent === 'yes',
    transcript: output.blobs.transcript,
    runLog: output.blobs.run_log,
    next: data.next,
    size: data.size,
    session: context.safeParse(parseJson(output.values.context ?? '')).data?.session,
  };
}
