/** Questions to the gateway of this machine: over HTTP on its loopback, or by OpenClaw's own command line. */
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { mcpDir, openclawCommand, type Place, stateDir } from '../place.ts';
import { openclawEnvironment } from '../process/environment.ts';
import { readText } from '../read-text.ts';

export interface Answer {
  /** HTTP status. */
  status: number;
  /** Foreign; at most `MAX_BODY` bytes. */
  body: string;
  /** There was more of it than that; none of it is told. */
  cut?: boolean;
}

const MAX_BODY = 2 * 1024 * 1024;
const TIMEOUT_MS = 20_000;
/** Each start of OpenClaw's command line takes one to six seconds. */
const CLI_MS = 60_000;

/** Undefined where nothing answers. `json` makes it a POST. @param authorization of ours where nothing is said. */
export function askGateway(
  place: Place,
  path: string,
  json?: unknown,
  timeoutMs = TIMEOUT_MS,
  authorization = ourAuthorization(place),
): Promise<Answer | undefined> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port: place.port, path, method, headers, timeout: timeoutMs },
      (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          pieces.push(piece);
          if (size > MAX_BODY) {
            resolve({ status: response.statusCode ?? 0, body: '', cut: true });
            asked.destroy();
          }
        });
        response.on('close', () =>
          resolve(
            response.complete
              ? { status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }
              : undefined,
          ),
        );
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end(body);
  });
}

/** The header that the scripts keep for curl; without it every question is refused, which says enough. */
function ourAuthorization(place: Place): string | undefined {
  return /^Authorization: (.+)$/m.exec(readText(join(mcpDir(place), 'auth')))?.[1];
}

/** What has no HTTP path: one method of the gateway. Resolves with what it answered, or `undefined`. */
export function callGateway(place: Place, method: string, params: object): Promise<unknown> {
  const [node = '', ...script] = openclawCommand(place);
  const args = [...script, 'gateway', 'call', method, '--json', '--params', JSON.stringify(params)];
  return new Promise((resolve) => {
    const options = {
      cwd: stateDir(place),
      env: openclawEnvironment(place),
      timeout: CLI_MS,
      maxBuffer: MAX_BODY,
    };
    execFile(node, args, options, (error, stdout) => resolve(error === null ? parsed(stdout) : undefined));
  });
}

/** Undefined where `text` is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
