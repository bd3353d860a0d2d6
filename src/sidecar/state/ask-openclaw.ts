/** Questions to OpenClaw's own command line; each start costs one to three seconds. */

import { execFile } from 'node:child_process';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import { openclawCommand, type Place, stateDir } from '../place.ts';
import { openclawEnvironment } from '../process/environment.ts';

/** A start takes one to three seconds, seven on a machine of two cores that does much else, and was seen to take forty. */
const TIMEOUT_MS = 90_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface Said {
  /** It ended well. */
  ok: boolean;
  /** What was printed where that is JSON, else its first JSON object; undefined where there is none. */
  json: unknown;
  /** All that was printed. Foreign. */
  text: string;
}

export interface Asking {
  /** On top of what the gateway sees. */
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

/** Never throws: what cannot be asked has said nothing. */
export function askOpenClaw(
  place: Place,
  args: readonly string[],
  { env = {}, timeoutMs = TIMEOUT_MS }: Asking = {},
): Promise<Said> {
  const [node = '', ...script] = openclawCommand(place);
  const options = {
    cwd: stateDir(place),
    env: { ...openclawEnvironment(place), ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_BYTES,
  } as const;
  return new Promise((resolve) => {
    execFile(node, [...script, ...args], options, (error, stdout, stderr) => {
      const from = stdout.indexOf('{');
      const json = parseJson(stdout) ?? (from === -1 ? undefined : parseJson(stdout.slice(from)));
      resolve({ ok: error === null, json, text: `${stdout}${stderr}` });
    });
  });
}

/** Whether this release takes the settings in `file`; undefined where it did not say. */
export async function acceptsSettings(
  place: Place,
  file: string,
): Promise<{ accepts?: boolean; said: string }> {
  const env = { OPENCLAW_CONFIG_PATH: file };
  const { json, text } = await askOpenClaw(place, ['config', 'validate', '--json'], { env });
  return isPatch(json) && typeof json.valid === 'boolean'
    ? { accepts: json.valid, said: text }
    : { said: text };
}
