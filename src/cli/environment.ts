/** The process's environment with every secret in it, wherever its owner keeps them, and what is wrong with it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { type Environment, readSettings } from '../config/config.ts';
import {
  type CheckedEnvironment,
  checkEnvironment,
  type OtherVariables,
} from '../config/environment-faults.ts';
import { type FoundFile, withSecrets } from '../config/secret-sources.ts';
import { isErrno } from '../core/errno.ts';
import { AppError } from '../core/errors.ts';
import { requireOwnFolder } from '../core/own-folder.ts';
import { CHANNELS } from '../openclaw/catalog/channels.ts';
import { OWN_SERVER_FAULTS } from '../openclaw/catalog/own-server.ts';
import { PROVIDERS } from '../openclaw/catalog/providers.ts';

/** What this server takes besides its own settings. */
export const OTHERS: readonly OtherVariables[] = [
  {
    stops: 'models',
    secrets: PROVIDERS.flatMap(({ keyVariables }) => keyVariables),
    addresses: PROVIDERS.map(({ baseUrlVariable }) => baseUrlVariable),
    others: OWN_SERVER_FAULTS,
  },
  {
    stops: 'channels',
    secrets: CHANNELS.flatMap(({ tokens }) => tokens.map(({ variable }) => variable)),
    addresses: CHANNELS.flatMap(({ address }) => address?.variable ?? []),
  },
];

const SECRETS = Object.fromEntries([
  ['cloud', ['DEDALUS_API_KEY']],
  ...OTHERS.map(({ stops, secrets }) => [stops, secrets]),
]);

// Far more than the settings that count; and a file that somebody else made may be any size.
const MAX_DOTENV_BYTES = 64 * 1024;

export interface ProcessEnvironment extends CheckedEnvironment {
  /** Names in `.env` of what it may not set. */
  ignored: readonly string[];
}

/** The settings of this process. @param local machines are on this computer. */
export function processEnvironment({ local }: { local: boolean }): ProcessEnvironment {
  return environmentOf(process.env, readDotenv(process.cwd()), local);
}

/** @param dotenv what a `.env` in the folder of the start says. */
export function environmentOf(
  env: Environment,
  dotenv: Readonly<Record<string, string>>,
  local: boolean,
): ProcessEnvironment {
  const credentials = credentialsFile(env);
  const readOwn = (path: string) => {
    if (path === credentials) requireOwnFolder(dirname(path));
    return read(path);
  };
  const found = withSecrets({ env, dotenv, secrets: SECRETS, read: readOwn, credentialsFile: credentials });
  return { ...checkEnvironment(found.env, OTHERS, local, found.faults), ignored: found.ignored };
}

/** Where `login` keeps what it was told; 0600. */
export function credentialsFile(env: Environment): string {
  return join(
    readSettings({ OPENCLAW_MCP_STATE_DIR: env.OPENCLAW_MCP_STATE_DIR }).config.stateDir,
    'credentials.json',
  );
}

/** Nothing where it is no ordinary file: a pipe of that name would never end. */
function readDotenv(folder: string): Record<string, string> {
  const file = resolve(folder, '.env');
  try {
    const about = statSync(file);
    if (!about.isFile() || about.size > MAX_DOTENV_BYTES) return {};
    return parseDotenv(readFileSync(file));
  } catch {
    return {};
  }
}

function read(path: string): FoundFile | undefined {
  try {
    // Windows has no such bits; its profile folder is its owner's alone.
    const readByOthers = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
    return { text: readFileSync(path, 'utf8'), readByOthers };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new AppError('config', 'cannot be read', { cause: error });
  }
}
