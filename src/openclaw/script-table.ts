/** Which files make up each script. A script `x-y` must define the function `x_y_main`. */
import common from './scripts/common.sh';
import gatewayHttp from './scripts/gateway-http.sh';
import gatewayRequest from './scripts/gateway-request.sh';
import pieces from './scripts/pieces.sh';
import process from './scripts/process.sh';
import readJob from './scripts/read-job.sh';
import readLog from './scripts/read-log.sh';
import sessionStore from './scripts/session-store.sh';
import startJob from './scripts/start-job.sh';
import turn from './scripts/turn.sh';

/** Every script starts with these: layout and output, processes and locks, questions to the gateway. */
export const BASE: readonly string[] = [common, process, gatewayHttp];

export const SCRIPTS = {
  'read-job': [readJob],
  'start-job': [startJob],
  'gateway-request': [pieces, gatewayRequest],
  'read-log': [readLog],
  'session-store': [sessionStore],
  turn: [pieces, turn],
} as const satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof SCRIPTS;
