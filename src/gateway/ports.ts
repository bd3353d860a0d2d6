/** What the tools may ask of the gateway on a machine; `gateway-service.ts` is the implementation. */
import type { WaitOptions } from '../core/abort.ts';
import type { AppError } from '../core/errors.ts';
import type { DailyLimit, LimitStanding } from '../openclaw/look/spend.ts';
import { IMAGE_TYPES, type ReplyOf, type RequestOf } from '../sidecar/protocol.ts';

export { IMAGE_TYPES };
export type ImageType = (typeof IMAGE_TYPES)[number];

/** Carried to the machine beforehand, in pieces under the name of `job`. */
export type CarriedImage = NonNullable<RequestOf<'turn_start'>['images']>[number];

export interface TurnRequest {
  /** Names the turn for good: starting it again under the same id joins it and never sends the message twice. */
  turnId: string;
  /** Arrives byte for byte. */
  message: string;
  /** A short name of the user's, or a full key as `listSessions` returns it. */
  session: string;
  /** Id of the agent; the default agent is `main`. A full session key names its agent itself. */
  agent?: string | undefined;
  /** `provider/model`, for this turn only. */
  model?: string | undefined;
  /** Go to the model behind the message. */
  images?: readonly CarriedImage[] | undefined;
  /** What this computer knows of the machine's daily limit. */
  limit?: DailyLimit | undefined;
}

export interface TurnOptions extends WaitOptions {
  /** Longest wait for the end of the turn, in seconds. 0: only start, or only look. */
  waitSeconds: number;
  /** Called with the full text so far whenever there is more of it. The text is foreign. */
  onText?: ((text: string) => void) | undefined;
  /** Whether somebody is shown it now: only then is it fetched while the end is waited for. */
  isWatched?: (() => boolean) | undefined;
}

/**
 * - running: the agent is at it; read again
 * - done: `text` is the whole reply
 * - failed: `error` says why; `text` is what came before
 * - lost: the message may have arrived, but nobody received the answer to its end (the machine slept, the gateway died);
 *   `error` says what to do
 * - unknown: this machine has no such turn, or never sent it
 */
export type TurnState = 'running' | 'done' | 'failed' | 'lost' | 'unknown';

/** Why the model stopped, as the gateway names it. */
export const FINISH_REASONS = ['stop', 'length', 'content_filter', 'tool_calls', 'other'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** Tokens, by the names of the gateway's own answer. */
export interface TurnUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** Paths are foreign: relative to the workspace, or from the root on. */
export type MadeFiles = NonNullable<ReplyOf<'turn_read'>['made']>;

export interface TurnSnapshot {
  turnId: string;
  state: TurnState;
  /** Everything that the assistant has said so far; foreign. */
  text: string;
  /** Full key of the session; undefined when the turn is unknown. */
  session: string | undefined;
  /** Undefined while running, and where OpenClaw counted nothing (versions before 2026.7 report zeros). */
  usage: TurnUsage | undefined;
  finishReason: FinishReason | undefined;
  /** Set exactly for `failed` and `lost`: our sentence and the next step; what others said is in `foreign`. */
  error: AppError | undefined;
  /** When it was begun, in milliseconds since the epoch by the machine's own clock; undefined when it was not. */
  startedMs: number | undefined;
  /** From sending to the end, or to now. */
  elapsedSeconds: number | undefined;
  /** Which files appeared or changed meanwhile; undefined while running, and where nobody could look. */
  made?: MadeFiles | undefined;
  /** How the day stands to its limit; undefined while running, and where there is none. */
  spend?: LimitStanding | undefined;
}

export interface PageOptions extends WaitOptions {
  limit: number;
  cursor?: string | undefined;
}

/** Everything but `updatedAt` and the number was written by OpenClaw, its user or its model: foreign. */
export interface Session {
  key: string;
  agent: string | undefined;
  /** ISO 8601, UTC. */
  updatedAt: string | undefined;
  totalTokens: number | undefined;
  title: string | undefined;
  model: string | undefined;
  /** As OpenClaw says: done, failed, killed, running; `archived` for what it has put away. */
  status: string | undefined;
}

export interface SessionOptions extends WaitOptions {
  session: string;
  agent?: string | undefined;
}

/** How a session stands between two turns of ours. */
export type SessionState = ReplyOf<'session_state'>;

export interface SessionMessage {
  /** As OpenClaw says: user, assistant, toolResult, custom, … */
  role: string;
  text: string;
  /** ISO 8601, UTC. */
  at: string | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogLine {
  at: string | undefined;
  level: string | undefined;
  subsystem: string | undefined;
  text: string;
}

export interface LogOptions extends WaitOptions {
  lines: number;
  /** Fixed text, upper and lower case alike. */
  contains?: string | undefined;
  /** This level and the graver ones. What the process printed outside of its log has no level and always counts. */
  level?: LogLevel | undefined;
}

/** Every method throws AppError as MachineService.run does, and `conflict` where the gateway is not set up. */
export interface GatewayService {
  /** Whether the model that would answer sees images: OpenClaw drops them without a word where it does not. */
  takesImages(
    machineId: string,
    options: WaitOptions & Pick<TurnRequest, 'session' | 'agent' | 'model'>,
  ): Promise<ReplyOf<'takes_images'>['takes']>;
  /** Sends the message, or joins the turn that has this id, and waits. @throws AppError `invalid_input`. */
  startTurn(machineId: string, turn: TurnRequest, options: TurnOptions): Promise<TurnSnapshot>;
  readTurn(machineId: string, turnId: string, options: TurnOptions): Promise<TurnSnapshot>;
  /** Ends the turn; one that is over stays as it was. OpenClaw before 2026.7 may still finish it by itself. */
  cancelTurn(
    machineId: string,
    turnId: string,
    options?: WaitOptions & {
      /** Told to whoever waits for it; `cancelled` when undefined. */
      because?: 'asleep' | undefined;
    },
  ): Promise<TurnSnapshot>;
  listSessions(
    machineId: string,
    options: PageOptions,
  ): Promise<{ sessions: Session[]; nextCursor: string | undefined }>;
  sessionState(machineId: string, options: SessionOptions): Promise<SessionState>;
  /** Brings an archived session back; false where it was not archived, or stays so. */
  restoreSession(machineId: string, options: SessionOptions): Promise<boolean>;
  /** The newest messages, oldest first; the cursor leads to older ones. @throws AppError `not_found`. */
  readSession(
    machineId: string,
    options: PageOptions & SessionOptions,
  ): Promise<{ session: string; messages: SessionMessage[]; nextCursor: string | undefined }>;
  /** Works on files, so also when the gateway is down. Oldest first. */
  readLogs(machineId: string, options: LogOptions): Promise<{ lines: LogLine[]; truncated: boolean }>;
}
