/** Writes one call into the log: a line before it changes something, and a line on how it ended. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Redact, redactDeep } from '../core/redact.ts';
import { head, oneLine, plainText } from '../core/text.ts';
import type { ClientName } from '../mcp/define-tool.ts';
import type { History } from './history.ts';

// Enough to know a call again; a whole message is in its session.
const MAX_ARGUMENT_CHARS = 200;
const MAX_ARGUMENTS_CHARS = 1_500;
const MAX_NAME_CHARS = 60;
const MAX_SEEN_CHARS = 4_000;
const MAX_ERROR_CHARS = 500;

export interface RecordedCall {
  /** Before anything is changed. Once in a call. @throws AppError where the log cannot be written: nothing may be changed then. */
  begin(machineId: string | undefined): Promise<void>;
  goesOnAs(operation: string): Promise<void>;
  changedNothing(): Promise<void>;
  /** The end of a call that began no operation. */
  end(error?: unknown): Promise<void>;
}

export interface CallFacts {
  tool: string;
  client: ClientName | undefined;
  args: unknown;
}

export interface RecordingDeps {
  history: History;
  clock: Clock;
  redact: Redact;
  log: Log;
}

/** Writes nothing until `begin`. */
export function recordedCall({ tool, client, args }: CallFacts, deps: RecordingDeps): RecordedCall {
  const { history, clock, redact, log } = deps;
  const call = randomBytes(8).toString('hex');
  let state: 'new' | 'open' | 'over' = 'new';
  const at = () => new Date(clock.now()).toISOString();
  // The call has done its work by now. A log that cannot be written must not make it look failed.
  const later = (line: Parameters<History['append']>[0]) =>
    history
      .append(line)
      .catch((error: unknown) => log.warn('the end of a call is not in the history', { reason: `${error}` }));
  return {
    async begin(machineId) {
      if (state !== 'new') return;
      await history.append({
        is: 'begun',
        call,
        at: at(),
        client: client === undefined ? '' : nameOf(`${client.name} ${client.version}`, redact),
        tool,
        ...(machineId !== undefined && { machine: nameOf(machineId, redact) }),
        arguments: shownArguments(args, redact),
      });
      state = 'open';
    },
    async goesOnAs(operation) {
      state = 'over';
      await later({ is: 'operation', call, operation });
    },
    async changedNothing() {
      if (state !== 'open') return;
      state = 'over';
      await later({ is: 'nothing', call });
    },
    async end(error) {
      if (state !== 'open') return;
      state = 'over';
      const status = error === undefined ? 'done' : isAppError(error, 'cancelled') ? 'cancelled' : 'failed';
      const why = error === undefined ? {} : { error: shortText(reasonOf(error), redact, MAX_ERROR_CHARS) };
      await later({ is: 'call_ended', call, at: at(), status, ...why });
    },
  };
}

function reasonOf(error: unknown): string {
  return isAppError(error) ? error.message : 'a defect in this server';
}

/** As JSON, each text shortened: masked before it is cut, since half a secret is not recognised. */
function shownArguments(args: unknown, redact: Redact): string {
  const short = redactDeep((text) => shortText(text, redact, MAX_ARGUMENT_CHARS), args ?? {});
  return head(JSON.stringify(short), MAX_ARGUMENTS_CHARS);
}

function shortText(text: string, redact: Redact, max: number): string {
  return head(redact(plainText(text)), max);
}

function nameOf(text: string, redact: Redact): string {
  return oneLine(redact(oneLine(text, MAX_SEEN_CHARS)), MAX_NAME_CHARS);
}
