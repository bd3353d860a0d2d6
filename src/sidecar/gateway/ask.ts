/** Questions to the gateway of this machine: over HTTP on its loopback, or by OpenClaw's own command line. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseJson } from '../../core/json.ts';
import { type Exchange, exchange } from '../exchange.ts';
import { mcpDir, openclawCommand, type Place, stateDir } from '../place.ts';
import { openclawEnvironment } from '../process/environment.ts';
import { readText } from '../read-text.ts';

const MAX_BODY = 2 * 1024 * 1024;
const TIMEOUT_MS = 20_000;
/** Each start of OpenClaw's command line takes one to six seconds. */
const CLI_MS = 60_000;
/** Of that, how long it waits for the gateway; its own ten seconds are too few for a busy machine. */
const ANSWER_MS = 45_000;

/**
 * Undefined where nothing answers. `json` makes it a POST. At most `MAX_BODY` bytes of it are told.
 * @param authorization of ours where nothing is said.
 */
export async function askGateway(
  place: Place,
  path: string,
  json?: unknown,
  timeoutMs = TIMEOUT_MS,
  authorization = ourAuthorization(place),
): Promise<Exchange | undefined> {
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const method = json === undefined ? 'GET' : 'POST';
  const options = { host: '127.0.0.1', port: place.port, path, method, headers, timeout: timeoutMs };
  const body = json === undefined ? '' : JSON.stringify(json);
  return exchange(options, body, MAX_BODY).catch(() => undefined);
}

/** The header that lies there for curl; without it every question is refused, which says enough. */
export function ourAuthorization(place: Place): string | undefined {
  return /^Authorization: (.+)$/m.exec(readText(join(mcpDir(place), 'auth')))?.[1];
}

/** What has no HTTP path: one method of the gateway. Resolves with what it answered, or `undefined`. */
export function callGateway(place: Place, method: string, params: object): Promise<unknown> {
  const [node = '', ...script] = openclawCommand(place);
  const asked = ['--json', '--timeout', String(ANSWER_MS), '--params', JSON.stringify(params)];
  const args = [...script, 'gateway', 'call', method, ...asked];
  return new Promise((resolve) => {
    const options = {
      cwd: stateDir(place),
      env: openclawEnvironment(place),
      timeout: CLI_MS,
      maxBuffer: MAX_BODY,
    };
    execFile(node, args, options, (error, stdout) => resolve(error === null ? parseJson(stdout) : undefined));
  });
}
