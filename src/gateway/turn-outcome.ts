/** Decides what became of a turn: from the job on the machine, the answer's bytes and, in doubt, the transcript. */
import { AppError } from '../core/errors.ts';
import type { TurnSnapshot, TurnState } from './ports.ts';
import { type RunAccount, runAccount } from './run-log.ts';
import { failureIn } from './transcript.ts';
import { explainConnection, explainTurnError } from './turn-errors.ts';
import type { TurnOutput } from './turn-output.ts';
import { parseJson, type ReportedError, reportedError, type TurnStream } from './turn-stream.ts';

interface Verdict {
  state: TurnState;
  error?: AppError | undefined;
}

const READ_FIRST =
  'Call read_session to see whether the reply is there; send the message again only if it is not.';

function verdictOf(job: TurnOutput, answer: TurnStream): Verdict {
  if (job.state === 'running') return { state: 'running' };
  if (job.state === 'unknown' || job.state === 'unsent') return { state: 'unknown' };
  if (job.curlExit === 'cancelled') return failed(cancelled(job.sent));
  if (job.curlExit === 'asleep') return failed(cutForSleep());
  if (job.httpStatus !== 200 && job.httpStatus !== 0) return failed(explainTurnError(refusal(job, answer)));
  if (answer.error) return failed(explainTurnError(answer.error, accountOf(job)));
  if (answer.done) return endedWell(job, answer);
  if (job.state === 'lost') return { state: 'lost', error: lost(job.sent) };
  const broken = explainConnection(job.curlExit ?? 0, job.curlError);
  // The gateway went away in its middle: OpenClaw may go on with the turn at its next start.
  return broken.details.sent === false ? failed(broken) : { state: 'lost', error: broken };
}

/** The turn as it stands, once all of its answer so far was fed. */
export function snapshotOf(turnId: string, job: TurnOutput, answer: TurnStream): TurnSnapshot {
  const verdict = verdictOf(job, answer);
  const end = job.endedMs ?? job.nowMs;
  return {
    turnId,
    state: verdict.state,
    text: answer.text,
    session: job.session,
    usage: answer.usage,
    finishReason: answer.finishReason,
    error: verdict.error,
    startedMs: job.startedMs,
    elapsedSeconds:
      end === undefined || job.startedMs === undefined ? undefined : Math.max(0, end - job.startedMs) / 1000,
  };
}

function refusal(job: TurnOutput, answer: TurnStream): ReportedError {
  const reported = reportedError(parseJson(answer.raw), job.httpStatus);
  return reported ?? { httpStatus: job.httpStatus, message: answer.raw };
}

/**
 * 2026.3.24 ends a failed turn with a bare `[DONE]`; 2026.7.1 sometimes sends a failure as the reply. But a model may
 * also say nothing, or quote such a sentence: what OpenClaw wrote into the transcript decides.
 */
function endedWell(job: TurnOutput, answer: TurnStream): Verdict {
  const failure = job.transcript === undefined ? undefined : failureIn(job.transcript, job.startedMs ?? 0);
  if (failure === undefined) return { state: 'done' };
  return failed(explainTurnError({ message: failure === '' ? answer.text : failure }));
}

/** From the log, else from the transcript; neither is there for a turn that the gateway itself failed. */
function accountOf(job: TurnOutput): RunAccount | undefined {
  const logged = runAccount(job.runLog);
  if (logged !== undefined) return logged;
  const failure = job.transcript === undefined ? undefined : failureIn(job.transcript, job.startedMs ?? 0);
  return failure ? { said: failure } : undefined;
}

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
