/** What a job answered, as lines that the scripts of earlier versions write and read too. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { attempt, isErrno } from '../../core/errno.ts';
import { SidecarError } from '../sidecar-error.ts';

/** Of one value: a machine's own program could otherwise be made to unpack gigabytes. */
const MAX_UNPACKED = 1024 * 1024;
/** Of what some other program said. */
const MAX_DETAIL = 6_000;
const LINE = /^([a-z][a-z0-9_.]*)(@?)=(.*)$/;

/** Large or foreign text is packed, so that no line of it is taken for ours. */
export function resultText(values: Readonly<Record<string, string | undefined>>): string {
  const said = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const lines = said.map(([name, value]) =>
    /^[\x20-\x7e]{0,2000}$/.test(value)
      ? `${name}=${value}`
      : `${name}@=${gzipSync(value, { level: 9 }).toString('base64')}`,
  );
  return [...lines, 'end=1', ''].join('\n');
}

/** Lines that are not of this form are left out. */
export function readResult(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, packed, value] = LINE.exec(line) ?? [];
      if (name === undefined || value === undefined || name === 'end') return [];
      const plain = packed === '@' ? unpacked(value) : value;
      return plain === undefined ? [] : [[name, plain]];
    }),
  );
}

function unpacked(base64: string): string | undefined {
  return attempt(
    () => gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: MAX_UNPACKED }).toString('utf8'),
    undefined,
  );
}

/** What a job answers that failed. */
export function failureOf(error: unknown): Record<string, string> {
  if (error instanceof SidecarError) {
    return { error: error.code, ...(error.detail === '' ? {} : { detail: error.detail.slice(-MAX_DETAIL) }) };
  }
  const full = isErrno(error, 'ENOSPC', 'EDQUOT');
  return { error: full ? 'job_met_full_disk' : 'unexpected', detail: String(error).slice(-MAX_DETAIL) };
}
