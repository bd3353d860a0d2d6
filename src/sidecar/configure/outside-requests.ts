/** Requests to model providers and messengers as files for curl: no argument list shows an address or a secret. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mcpDir, type Place } from '../place.ts';
import type { RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject } from '../state/object-file.ts';

type Check = RequestOf<'outside-requests'>['checks'][number];

/** Writes them into the job's folder for work, whose drafted secrets they carry, and their names into `list` there. */
export function outsideRequests(
  place: Place,
  { job, checks }: RequestOf<'outside-requests'>,
): Record<string, never> {
  const folder = join(mcpDir(place), 'jobs', job, 'work');
  const drafted = readObject(join(folder, 'secrets.json'));
  if (!('value' in drafted)) throw new SidecarError('secrets_unreadable');
  const secrets = drafted.value;
  // {{name}} in an address or a header stands for the secret of that name.
  const filled = (text: string) =>
    text.replace(/\{\{([a-z_]+)\}\}/g, (_, name: string) => String(secrets[name] ?? ''));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  checks.forEach((check, index) => {
    write(`${index}.curl`, curlConfig(check, filled, join(folder, `${index}.body`)));
    if (check.body !== undefined) write(`${index}.body`, JSON.stringify(check.body));
    write(`${index}.subject`, check.subject);
    // As it was given: a secret in it is still a name in braces.
    write(`${index}.address`, check.url);
  });
  write('list', checks.map(({ kind }, index) => `${kind} ${index}\n`).join(''));
  return {};
}

function curlConfig(check: Check, filled: (text: string) => string, bodyFile: string): string {
  const quoted = (text: string) => JSON.stringify(filled(text));
  return [
    `url = ${quoted(check.url)}`,
    ...check.headers.map((line) => `header = ${quoted(line)}`),
    ...(check.body === undefined
      ? []
      : ['header = "Content-Type: application/json"', `data-binary = "@${bodyFile}"`]),
    '',
  ].join('\n');
}
