/** Where secrets may come from besides the environment, and which source wins; pure, so that the rules can be read. */
import * as z from 'zod';
import { AppError, isAppError } from '../core/errors.ts';
import type { Environment } from './config.ts';

/** A file as it was found. */
export interface FoundFile {
  text: string;
  /** Whether its group or everybody may read it. */
  readByOthers: boolean;
}

export interface SecretSources {
  env: Environment;
  /** What a `.env` in the folder of the start says; that folder may be somebody else's work. */
  dotenv: Environment;
  /** Variables that hold secrets; each may also be given as NAME_FILE. */
  names: readonly string[];
  /** Undefined when there is no such file. @throws AppError `config` when it cannot be read. */
  read: (path: string) => FoundFile | undefined;
  /** What `openclaw-dedalus-mcp login` writes. */
  credentialsFile: string;
}

const NAME = /^[A-Z][A-Z0-9_]{1,80}$/;
const MAX_SECRET_CHARS = 16_384;
const credentials = z.record(z.string().regex(NAME), z.string().min(1).max(MAX_SECRET_CHARS));
export type Credentials = z.output<typeof credentials>;

/**
 * The environment with every secret in it: from the variable itself, else from the file that NAME_FILE names, else from
 * the credentials file, else from `.env`.
 * @throws AppError `config` that lists every fault by its variable or file, never with a value.
 */
export function withSecrets(sources: SecretSources): Environment {
  const faults: string[] = [];
  const own: Record<string, string | undefined> = {
    ...collect(faults, {}, () => readCredentials(sources)),
    ...withoutBlanks(sources.env),
  };
  for (const name of sources.names) {
    const path = isSet(sources.env[name]) ? undefined : sources.env[`${name}_FILE`]?.trim();
    if (path) own[name] = collect(faults, undefined, () => fromFile(sources, name, path));
  }
  const holdsKeys = sources.names.some((name) => isSet(own[name]));
  const found = Object.entries(withoutBlanks(sources.dotenv));
  const added = found.filter(([name]) => !(holdsKeys && STEERS.test(name)));
  if (faults.length === 0) return Object.freeze({ ...Object.fromEntries(added), ...own });
  throw new AppError('config', `The server's secrets cannot be read: ${faults.join('; ')}`, {
    next: 'Put that right and restart the server.',
  });
}

// Where keys are sent, what is installed beside them, and what may be deleted unasked: a `.env` that came with a folder
// must not decide that for keys that came from elsewhere.
const STEERS = /_BASE_URL$|^OPENCLAW_MCP_(?:NPM_REGISTRY|NODE_MIRROR|CONFIRM|ALLOW_SETTINGS)$/;

/** Every value of `env` that is a secret by its variable's name: what has to be kept out of all output. */
export function secretValues(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) =>
    isSecretName(name) && value.trim().length >= MIN_SECRET_CHARS ? [value.trim()] : [],
  );
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
    throw new AppError('config', `others can read ${credentialsFile}: run chmod 600 '${credentialsFile}'`);
  }
  return parseCredentials(file.text);
}

function fromFile({ read }: SecretSources, name: string, path: string): string {
  const text = read(path)?.text.trim();
  if (!text || text.length > MAX_SECRET_CHARS)
    throw new AppError('config', `${name}_FILE names no file with a key in it`);
  return text;
}

function collect<T>(faults: string[], otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    faults.push(error.message);
    return otherwise;
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
