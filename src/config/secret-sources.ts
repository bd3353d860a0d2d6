/** Where secrets may come from besides the environment, and which source wins; pure, so that the rules can be read. */
import * as z from 'zod';
import { attempt } from '../core/errno.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { Environment } from './config.ts';
import { judgeDotenv } from './dotenv-rules.ts';
import type { Fault, Need } from './faults.ts';

/** A file as it was found. */
export interface FoundFile {
  text: string;
  /** Whether its group or everybody may read it. */
  readByOthers: boolean;
}

export interface SecretSources {
  env: Environment;
  /** What a `.env` in the folder of the start says; that folder may be somebody else's work. */
  dotenv: Readonly<Record<string, string>>;
  /** Variables that hold secrets, by the calls that need them; each may also be given as NAME_FILE. */
  secrets: Readonly<Partial<Record<Need, readonly string[]>>>;
  /** Undefined when there is no such file. @throws AppError `config` when it cannot be read. */
  read: (path: string) => FoundFile | undefined;
  /** What `openclaw-dedalus-mcp login` writes. */
  credentialsFile: string;
}

export interface FoundSecrets {
  env: Environment;
  /** By variable or file, never with a value. */
  faults: readonly Fault[];
  /** What `.env` says and may not say. */
  ignored: readonly string[];
}

const NAME = /^[A-Z][A-Z0-9_]{1,80}$/;
const MAX_SECRET_CHARS = 16_384;
const credentials = z.record(z.string().regex(NAME), z.string().min(1).max(MAX_SECRET_CHARS));
export type Credentials = z.output<typeof credentials>;

/**
 * The environment with every secret in it: from the variable itself, else from the file that NAME_FILE names, else from
 * the credentials file, else from `.env`.
 */
export function withSecrets(sources: SecretSources): FoundSecrets {
  const faults: Fault[] = [];
  const names = Object.values(sources.secrets).flat();
  // What needs the account's key only is not stopped where that key comes from elsewhere.
  const stopped = NEEDS.filter(
    (need) => need !== 'cloud' || !sources.secrets.cloud?.some((name) => isSet(sources.env[name])),
  );
  const kept = collect(faults, sources.credentialsFile, stopped, () => readCredentials(sources));
  for (const fault of faults) fault.message = `cannot be used: ${fault.message}`;
  const own: Record<string, string | undefined> = { ...kept, ...withoutBlanks(sources.env) };
  for (const [need, variables] of Object.entries(sources.secrets)) {
    for (const name of variables) {
      const path = isSet(sources.env[name]) ? undefined : sources.env[`${name}_FILE`]?.trim();
      const stops = NEEDS.filter((each) => each === need);
      if (path) own[name] = collect(faults, `${name}_FILE`, stops, () => fromFile(sources, path));
    }
  }
  // A source that cannot be read may hold keys too.
  const hasKeys = faults.length > 0 || names.some((name) => isSet(own[name]));
  const { taken, ignored } = judgeDotenv(withoutBlanks(sources.dotenv), names, hasKeys);
  return { env: Object.freeze({ ...taken, ...own }), faults, ignored };
}

const NEEDS: readonly Need[] = ['cloud', 'models', 'channels'];

/** Every value of `env` that is a secret by its variable's name, or is a password in an address: kept out of all output. */
export function secretValues(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => [
    ...(isSecretName(name) && value.trim().length >= MIN_SECRET_CHARS ? [value.trim()] : []),
    ...passwordsIn(value.trim()),
  ]);
}

/** As it is written there, and as it is meant. */
function passwordsIn(value: string): string[] {
  const [, password = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*?:([^\s]+)@[^@\s]+$/i.exec(value) ?? [];
  return attempt(() => [...new Set([password, decodeURIComponent(password)])].filter(Boolean), [password]);
}

// A shorter one is a word such as "disabled".
const MIN_SECRET_CHARS = 12;
// Also those of other programs: some clients hand their whole environment down.
const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH)$/i;

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.replace(/APIKEY$/i, 'API_KEY'));
}

/** Reads what `login` keeps. @throws AppError `config` when the file is damaged. */
export function parseCredentials(text: string): Credentials {
  try {
    return credentials.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('config', 'The credentials file is damaged', {
      next: 'Run `openclaw-dedalus-mcp login` again.',
      cause,
    });
  }
}

function readCredentials({ read, credentialsFile }: SecretSources): Credentials {
  const file = read(credentialsFile);
  if (!file) return {};
  if (file.readByOthers) {
    throw new AppError('config', `others can read it: run chmod 600 '${credentialsFile}'`);
  }
  return parseCredentials(file.text);
}

function fromFile({ read }: SecretSources, path: string): string {
  const text = read(path)?.text.trim();
  if (!text || text.length > MAX_SECRET_CHARS) throw new AppError('config', 'names no file with a key in it');
  return text;
}

function collect<T>(faults: Fault[], variable: string, stops: readonly Need[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    faults.push({ variable, message: error.message, stops, next: error.next });
    return undefined;
  }
}

/** A variable that says nothing must hide no other source. */
function withoutBlanks(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (isSet(value) ? [[name, value]] : [])),
  );
}

// Clients hand on "${NAME}" as it is when NAME is not set (OpenClaw), or when they know another form of reference.
const REFERENCE = /^\$(?:\{[^}]*\}|[A-Z][A-Z0-9_]*)$/;

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '' && !REFERENCE.test(value.trim());
}
