/** Decides what became of a turn: from what its machine tells, the answer's bytes and, in doubt, the session. */
import { AppError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { TurnSnapshot, TurnState } from './ports.ts';
import { explainConnection, explainTurnError } from './turn-errors.ts';
import { type ReportedError, reportedError, type TurnStream } from './turn-stream.ts';

interface Verdict {
  state: TurnState;
  error?: AppError | undefined;
}

const READ_FIRST =
  'Call read_session to see whether the reply is there; send the message again only if it is not.';

type Seen = ReplyOf<'turn_read'>;

function verdictOf(turn: Seen, answer: TurnStream): Verdict {
  if (turn.state === 'running') return { state: 'running' };
  if (turn.state === 'unknown' || turn.state === 'unsent') return { state: 'unknown' };
  if (turn.ended_for === 'cancelled') return failed(cancelled(turn.sent));
  if (turn.ended_for === 'asleep') return failed(cutForSleep());
  const http = turn.http ?? 0;
  if (http !== 200 && http !== 0) return failed(explainTurnError(refusal(http, answer)));
  if (answer.error) return failed(explainTurnError(answer.error, turn.account ?? accountOf(turn.failure)));
  if (answer.done) return endedWell(turn, answer);
  // The reply may be in its session all the same.
  if (turn.disk_full && turn.sent) return { state: 'lost', error: notWritten() };
  if (turn.state === 'lost') return { state: 'lost', error: lost(turn.sent) };
  const broken = explainConnection(turn.curl_exit ?? 0, turn.curl_error ?? '');
  if (broken.details.sent === false) return failed(broken);
  // The gateway went away in its middle: OpenClaw may go on with the turn at its next start.
  return { state: 'lost', error: brokenOff(broken) };
}

/** The turn as it stands, once all of its answer so far was fed. */
export function snapshotOf(turnId: string, turn: Seen, answer: TurnStream): TurnSnapshot {
  const verdict = verdictOf(turn, answer);
  const { started_ms } = turn;
  return {
    turnId,
    state: verdict.state,
    text: answer.text,
    session: turn.session,
    usage: answer.usage,
    finishReason: answer.finishReason,
    error: verdict.error,
    startedMs: started_ms,
    ...(turn.spend && { spend: turn.spend }),
    ...(turn.made && { made: turn.made }),
    elapsedSeconds:
      started_ms === undefined ? undefined : Math.max(0, (turn.ended_ms ?? turn.now_ms) - started_ms) / 1000,
  };
}

function refusal(httpStatus: number, answer: TurnStream): ReportedError {
  return reportedError(parseJson(answer.raw), httpStatus) ?? { httpStatus, message: answer.raw };
}

/**
 * 2026.3.24 ends a failed turn with a bare `[DONE]`; 2026.7.1 sometimes sends a failure as the reply. But a model may
 * also say nothing, or quote such a sentence: what OpenClaw wrote into the session decides.
 */
function endedWell({ failure }: Seen, answer: TurnStream): Verdict {
  if (failure === undefined) return { state: 'done' };
  return failed(explainTurnError({ message: failure === '' ? answer.text : failure }));
}

/** What the session says, where the log says nothing; neither does of a turn that the gateway itself failed. */
const accountOf = (failure: string | undefined) => (failure ? { said: failure } : undefined);

function failed(error: AppError): Verdict {
  return { state: 'failed', error };
}

function cancelled(sent: boolean): AppError {
  return new AppError('cancelled', 'The chat turn was cancelled', {
    next: 'Send the message again if it is still wanted; what the assistant did before stays in the session.',
    details: sent ? {} : { sent: false },
  });
}

function cutForSleep(): AppError {
  return new AppError(
    'cancelled',
    'The machine was put to sleep in the middle of this turn, which was ended for it',
    {
      next: 'Send the message again if it is still wanted: that wakes the machine. read_session shows what was kept.',
    },
  );
}

function lost(sent: boolean): AppError {
  if (!sent) {
    return new AppError('unavailable', 'The machine slept or restarted before the message was sent', {
      next: 'Send the message again.',
      details: { sent: false },
    });
  }
  return new AppError(
    'unavailable',
    'The machine slept or restarted during the turn, so nobody received the end of the reply',
    { next: READ_FIRST },
  );
}

/** The same sentence as where the sending process ended too: which of the two a stopping machine ends first is chance. */
function brokenOff({ details, foreign }: AppError): AppError {
  return new AppError(
    'unavailable',
    'The machine or its gateway slept or restarted during the turn, so nobody received the end of the reply',
    { next: READ_FIRST, details, foreign },
  );
}

function notWritten(): AppError {
  return new AppError(
    'machine_failed',
    "The machine's disk is full, so the end of the reply could not be written down",
    {
      next: `Free space on the machine, or call configure_openclaw with a larger storage_gib. ${READ_FIRST}`,
    },
  );
}
