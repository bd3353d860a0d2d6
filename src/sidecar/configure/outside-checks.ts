/**
 * Asks model providers and messengers whether a secret works before anything is written, each with the smallest request
 * that there is. Their own answer is worth more than what OpenClaw makes of it, and comes without its retries of minutes.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Patch } from '../../core/patch.ts';
import type { JobRequestOf } from '../jobs/protocol.ts';
import type { Place } from '../place.ts';
import { childEnvironment, trust } from '../process/environment.ts';
import { readUpTo } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';

export type OutsideCheck = JobRequestOf<'configure'>['checks'][number];

const MAX_ANSWER = 64 * 1024;
const MAX_SAID = 3_000;

/**
 * @param folder where answers are written; removed by whoever made it. @param secrets as they will be.
 * @returns what nobody could say anything about.
 * @throws SidecarError `key_refused`, `no_credit`, `model_unknown`, `provider_not_found`, `provider_refused`,
 * `channel_token_refused`, with the other side's own words.
 */
export async function outsideChecks(
  place: Place,
  folder: string,
  checks: readonly OutsideCheck[],
  secrets: Patch,
): Promise<string[]> {
  const unchecked: string[] = [];
  for (const [index, check] of checks.entries()) {
    const file = join(folder, `${index}.answer`);
    const status = await askedByCurl(place, curlConfig(check, secrets), file);
    const answer = readUpTo(file, MAX_ANSWER) ?? '';
    if (isFine(check, status, answer)) continue;
    if (status === 0 || status === 408 || status === 429 || status >= 500) unchecked.push(check.subject);
    // The address as it was given: a secret in it is still a name in braces.
    else
      throw new SidecarError(
        refusal(check, status, answer),
        `${check.subject}: HTTP ${status} from ${check.url}\n${answer.slice(0, MAX_SAID)}`,
      );
  }
  return unchecked;
}

/** Said to curl on its input: no argument, environment or file holds the address and the headers with their secrets. */
function curlConfig({ url, headers, body }: OutsideCheck, secrets: Patch): string {
  const quoted = (text: string) => JSON.stringify(text);
  // {{name}} stands for the secret of that name.
  const filled = (text: string) =>
    quoted(text.replace(/\{\{([a-z_]+)\}\}/g, (_, name: string) => String(secrets[name] ?? '')));
  return [
    `url = ${filled(url)}`,
    ...headers.map((line) => `header = ${filled(line)}`),
    ...(body === undefined
      ? []
      : ['header = "Content-Type: application/json"', `data-raw = ${quoted(JSON.stringify(body))}`]),
    '',
  ].join('\n');
}

/** The status, 0 where there was no answer. curl knows the machine's proxies and authorities. */
function askedByCurl(place: Place, config: string, answerFile: string): Promise<number> {
  const args = ['-q', '--proto', '=http,https', '-sS', '-m', '30', '--connect-timeout', '10', '-K', '-'];
  const output = ['-o', answerFile, '-w', '%{http_code}'];
  const env = { ...childEnvironment(), ...trust(place) };
  return new Promise((resolve) => {
    const child = execFile('curl', [...args, ...output], { env }, (error, stdout) =>
      resolve(error === null ? Number(stdout) || 0 : 0),
    );
    // It may end before it has heard all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(config);
  });
}

/** Slack answers 200 to everything. */
function isFine({ kind }: OutsideCheck, status: number, answer: string): boolean {
  return status >= 200 && status < 300 && (kind !== 'slack' || answer.includes('"ok":true'));
}

function refusal({ kind }: OutsideCheck, status: number, answer: string): string {
  if (kind !== 'provider') return 'channel_token_refused';
  if (status === 401 || status === 403) return 'key_refused';
  if (status === 402) return 'no_credit';
  if (status === 404 || status === 405) return 'provider_not_found';
  if (/credit|quota|billing/i.test(answer)) return 'no_credit';
  if (/model/i.test(answer)) return 'model_unknown';
  return /api.?key/i.test(answer) ? 'key_refused' : 'provider_refused';
}
