/** Questions to OpenClaw's own command line; each start costs one to three seconds. */
import { execFile } from 'node:child_process';
import { parseJson } from '../../core/json5.ts';
import { isPatch } from '../../core/patch.ts';
import { openclawCommand, type Place, stateDir } from '../place.ts';
import { openclawEnvironment } from '../process/environment.ts';

/** A start takes one to three seconds, seven on a machine of two cores that does much else, and was seen to take forty. */
const TIMEOUT_MS = 90_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface Said {
  /** The first JSON object of what was printed; undefined where there is none. */
  json: unknown;
  /** All that was printed. Foreign. */
  text: string;
}

/** Never throws: what cannot be asked has said nothing. @param env on top of this process's own. */
export function askOpenClaw(
  place: Place,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const [node = '', ...script] = openclawCommand(place);
  const options = {
    cwd: stateDir(place),
    env: { ...openclawEnvironment(place), ...env },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_BYTES,
  } as const;
  return new Promise((resolve) => {
    execFile(node, [...script, ...args], options, (_error, stdout, stderr) => {
      const from = stdout.indexOf('{');
      resolve({ json: from === -1 ? undefined : parseJson(stdout.slice(from)), text: `${stdout}${stderr}` });
    });
  });
}

/** Whether this release takes the settings in `file`; undefined where it did not say. */
export async function acceptsSettings(
  place: Place,
  file: string,
): Promise<{ accepts?: boolean; said: string }> {
  const { json, text } = await askOpenClaw(place, ['config', 'validate', '--json'], {
    OPENCLAW_CONFIG_PATH: file,
  });
  return isPatch(json) && typeof json.valid === 'boolean'
    ? { accepts: json.valid, said: text }
    : { said: text };
}
