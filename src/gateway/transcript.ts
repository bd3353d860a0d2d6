/** Reads a session's messages. */
import { AppError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { toldTime } from '../core/text.ts';
import type { MachineService } from '../machine/ports.ts';
import { askSidecar } from '../openclaw/sidecar/ask-sidecar.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { PageOptions, SessionMessage, SessionOptions } from './ports.ts';
import { addressOf } from './session-address.ts';
import { explainTurnError, notRunning, refusedToken } from './turn-errors.ts';
import { reportedError } from './turn-stream.ts';

/** Of a page that is too large at once, ever smaller ones are asked for. */
const READ_MS = 60_000;

/** @throws AppError `not_found`, `invalid_input`, `unavailable`. */
export async function readSession(
  machines: Pick<MachineService, 'run'>,
  machineId: string,
  options: PageOptions & SessionOptions,
): Promise<{ session: string; messages: SessionMessage[]; nextCursor: string | undefined }> {
  const { key } = addressOf(options.session, options.agent);
  const { limit, cursor, signal } = options;
  const request = { key, limit, ...(cursor === undefined ? {} : { cursor }) };
  const how = { timeoutMs: READ_MS, rerunnable: true, signal };
  const page = await askSidecar(machines, machineId, 'read_session', request, how);
  if ('problem' in page) throw explained(page);
  return {
    session: page.session,
    messages: page.messages.map(({ role, text, at_ms }) => ({ role, text, at: toldTime(at_ms) })),
    nextCursor: page.next,
  };
}

function explained(page: Extract<ReplyOf<'read_session'>, { problem: string }>): AppError {
  switch (page.problem) {
    case 'missing':
      return new AppError('not_found', 'There is no such session on this machine', {
        next: 'Call list_sessions and pass one of its keys.',
      });
    case 'too_large':
      return new AppError('unsupported', "This session's newest message is too large to be read");
    case 'down':
      return notRunning();
    case 'refused':
      return refusedToken();
    case 'other': {
      const { http, answer } = page;
      return explainTurnError(
        reportedError(parseJson(answer), http) ?? { httpStatus: http, message: answer },
      );
    }
  }
}
