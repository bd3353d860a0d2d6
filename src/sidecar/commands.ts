/** Which function answers which command. */
import process from 'node:process';
import { redactDeep } from '../core/redact.ts';
import { listFiles, lookAtFile, readText } from './files/look.ts';
import { endTransfer, listTransfer, readFilePiece, readTransfer, writeTransfer } from './files/pieces.ts';
import { mayPut, putFile } from './files/put.ts';
import { startGateway } from './gateway/ensure.ts';
import { rotateToken } from './gateway/rotate.ts';
import { stopGateway } from './gateway/stop.ts';
import { suspendGateway } from './gateway/suspend.ts';
import { resolve } from './install/resolve.ts';
import { readJob } from './jobs/read.ts';
import { startJob, stopJob } from './jobs/start.ts';
import { answerRequests } from './look/answer.ts';
import { automations } from './look/automations.ts';
import { keptStates } from './look/machine.ts';
import { probe } from './look/probe.ts';
import { readLog } from './look/read-log.ts';
import { runOpenclaw } from './look/run-openclaw.ts';
import { show } from './look/show.ts';
import { status } from './look/status.ts';
import type { Place } from './place.ts';
import type { CommandName, ReplyOf, RequestOf } from './protocol.ts';
import { diagnose } from './repair/diagnose.ts';
import { doctor } from './repair/doctor.ts';
import { mend } from './repair/mend.ts';
import { PROTOCOL } from './schemas.ts';
import { listSessions } from './sessions/list-sessions.ts';
import { endInterrupted, restoreSession, sessionState } from './sessions/session-state.ts';
import { SidecarError } from './sidecar-error.ts';
import { setLimit, spend } from './spend/keep.ts';
import { machineRedactor, secretValues } from './state/secret-values.ts';
import { readSession } from './turns/history.ts';
import { takesImages } from './turns/images.ts';
import { cancelTurn, readTurn, startTurn } from './turns/turns.ts';

type Commands = {
  [C in CommandName]: (place: Place, request: RequestOf<C>) => Promise<ReplyOf<C>> | ReplyOf<C>;
};

const COMMANDS: Commands = {
  hello: () => ({ node: process.version }),
  list_sessions: listSessions,
  session_state: sessionState,
  restore_session: restoreSession,
  end_interrupted: endInterrupted,
  start_gateway: startGateway,
  stop_gateway: stopGateway,
  suspend_gateway: suspendGateway,
  rotate_token: rotateToken,
  probe,
  status,
  show,
  diagnose,
  doctor,
  run_openclaw: runOpenclaw,
  automations,
  read_log: readLog,
  kept_states: keptStates,
  answer_requests: answerRequests,
  mend,
  resolve,
  job_start: startJob,
  job_read: readJob,
  job_stop: stopJob,
  takes_images: takesImages,
  turn_start: startTurn,
  turn_read: readTurn,
  turn_cancel: cancelTurn,
  read_session: readSession,
  file_list: listFiles,
  file_look: lookAtFile,
  file_text: readText,
  file_piece: readFilePiece,
  file_put: putFile,
  file_may_put: mayPut,
  transfer_read: readTransfer,
  transfer_write: writeTransfer,
  transfer_list: listTransfer,
  transfer_end: endTransfer,
  set_limit: setLimit,
  spend,
};

/** Bytes, not text: what is masked in them would be damage. A piece of a file is refused where a secret is in it. */
const NOT_TEXT: ReadonlySet<CommandName> = new Set(['file_piece', 'transfer_read']);

/**
 * Masks every secret of the machine in what it returns and throws, before anything is cut or packed.
 * @throws SidecarError, `bad_request` where the request is not of its schema, `sidecar_failed` for a defect.
 */
export async function runCommand(name: string, place: Place, request: unknown): Promise<unknown> {
  if (!isCommand(name)) throw new SidecarError('unknown_command');
  const before = secretValues(place);
  try {
    const reply = await answer(name, place, request);
    if (NOT_TEXT.has(name)) return reply;
    return redactDeep(machineRedactor(place, before), reply);
  } catch (error) {
    const { code, detail } = toldError(error);
    throw new SidecarError(code, machineRedactor(place, before)(detail));
  }
}

function toldError(error: unknown): Pick<SidecarError, 'code' | 'detail'> {
  if (error instanceof SidecarError) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'sidecar_failed', detail };
}

async function answer<C extends CommandName>(name: C, place: Place, request: unknown): Promise<ReplyOf<C>> {
  const read = PROTOCOL[name].request.safeParse(request);
  if (!read.success) throw new SidecarError('bad_request');
  return COMMANDS[name](place, read.data as RequestOf<C>);
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(PROTOCOL, name);
}
