/** What is wrong with a variable, told without its value: by its name, and by which calls cannot go on with it. */
import { AppError, type AppErrorOptions } from '../core/errors.ts';

/**
 * - always: what the server may touch, and where it keeps what it knows, must be understood before anything is done
 * - cloud: reaching the Dedalus API
 * - waiting: a call that may answer "running"
 * - destroying: whether a confirmation is needed
 * - installing: putting OpenClaw or Node on a machine
 * - models: taking provider keys and addresses to a machine
 * - channels: connecting a messenger
 * - files: handing out or taking in files of this computer
 */
export type Need =
  | 'always'
  | 'cloud'
  | 'waiting'
  | 'destroying'
  | 'installing'
  | 'models'
  | 'channels'
  | 'files';

export interface Fault {
  /** Its name; of a secret that comes from a file, that file's. */
  variable: string;
  /** Our words, to be read behind the name. */
  message: string;
  stops: readonly Need[];
  /** Instead of correcting it. */
  next?: string | undefined;
}

/** @returns undefined where no fault stops a call with these needs; else the error that names all that do. */
export function faultError(
  faults: readonly Fault[],
  needs: readonly Need[],
  options: AppErrorOptions = {},
): AppError | undefined {
  const stopping = faults.filter(({ stops }) => stops.some((need) => needs.includes(need)));
  if (stopping.length === 0) return undefined;
  const told = stopping.map(({ variable, message }) => `${variable} ${message}`);
  const [first, ...others] = stopping;
  const next = others.length === 0 ? first?.next : undefined;
  return new AppError('config', `The server's settings are wrong: ${told.join('; ')}`, {
    next:
      next ??
      'Correct that where the server starts (the env of its entry in the client, or the environment that the client starts in), and restart the server; `openclaw-dedalus-mcp doctor` checks it.',
    ...options,
  });
}

/** Whether nothing is wrong with this variable. */
export function isSound(variable: string, faults: readonly Fault[]): boolean {
  return !faults.some((fault) => fault.variable === variable);
}

/** Quotes that a shell would have taken away, and a client does not. */
export function isQuoted(value: string): boolean {
  return /^(["'`]).*\1$|^["'`]|["'`]$/s.test(value.trim());
}

const BULLETS = /[\u2022\u25cf\u00b7\u2026\u2219\u26ab]|\*{3,}/;
const PLACEHOLDER =
  /\.\.\.|^<.*>$|^\[.*\]$|^x{3,}$|[-_]x{3,}|x{6,}|^\{\{.*\}\}$|^%\w+%$|^op:\/\/|^(?:your|my|insert|paste|replace|enter|add)[-_ ].*key|key[-_ ]?(?:goes[-_ ])?here|^(?:changeme|change-me|placeholder|todo|null|undefined)$/i;

/** Why this cannot be a key or token; undefined where it may be one. */
export function keyFault(name: string, raw: string): string | undefined {
  const value = raw.trim();
  if (isQuoted(value)) return 'has quotes around it: a key is one word without any';
  if (value.startsWith(`${name}=`))
    return 'begins with its own name: only what comes after the "=" belongs there';
  if (BULLETS.test(value)) return 'holds bullets or dots: it was copied from where it is hidden';
  const odd = /[^\x21-\x7e]/u.exec(value)?.[0];
  if (odd !== undefined) return `holds ${characterName(odd)}: copy the key again`;
  if (PLACEHOLDER.test(value)) return 'is an example, and no key';
  return undefined;
}

/** Why this cannot be an address to send requests to; undefined where it may be one. */
export function addressFault(raw: string): string | undefined {
  const value = raw.trim();
  if (isQuoted(value)) return 'has quotes around it';
  const odd = /[^\x21-\x7e]/u.exec(value)?.[0];
  if (odd !== undefined) return `holds ${characterName(odd)}`;
  if (!/^https?:\/\//i.test(value)) return 'must begin with https:// or http://';
  if (!URL.canParse(value)) return 'must be an address such as https://host:port/path';
  const { username, password } = new URL(value);
  return username === '' && password === '' ? undefined : 'must not hold a user name or password';
}

function characterName(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  if (/\s/u.test(character)) return `a space or line break (${code})`;
  return /[\p{Cc}\p{Cf}]/u.test(character)
    ? `a character that cannot be seen (${code})`
    : `a character that no key has (${code})`;
}
