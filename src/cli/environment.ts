/** The process's environment with every secret in it, wherever its owner keeps them. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { config as readDotenv } from 'dotenv';
import { type Environment, readConfig } from '../config/config.ts';
import { type FoundFile, withSecrets } from '../config/secret-sources.ts';
import { AppError } from '../core/errors.ts';
import { isErrno } from '../core/files.ts';
import { requireOwnFolder } from '../core/own-folder.ts';
import { CHANNELS } from '../openclaw/channels.ts';
import { PROVIDERS } from '../openclaw/providers.ts';

/** Every variable that this server itself takes a secret from. */
export const SECRET_VARIABLES: readonly string[] = [
  'DEDALUS_API_KEY',
  ...PROVIDERS.flatMap((provider) => provider.keyVariables),
  ...CHANNELS.flatMap((channel) => channel.tokens.map(({ variable }) => variable)),
];

export interface ProcessEnvironment {
  /** The variables of this process, and those of a .env file in its folder that it does not have itself. */
  plain: Environment;
  /** The same with every secret in it. @throws AppError `config` that lists every source that cannot be used. */
  withSecrets(): Environment;
}

/** What this process was started with. */
export function processEnvironment(): ProcessEnvironment {
  const dotenv: Record<string, string> = {};
  readDotenv({ quiet: true, processEnv: dotenv });
  return {
    plain: { ...dotenv, ...process.env },
    withSecrets: () => environmentWithSecrets(process.env, dotenv),
  };
}

/** @throws AppError `config` that lists every source that cannot be used. */
export function environmentWithSecrets(env: Environment, dotenv: Environment): Environment {
  const credentials = credentialsFile(env);
  const readOwn = (path: string) => {
    if (path === credentials) requireOwnFolder(dirname(path));
    return read(path);
  };
  return withSecrets({
    env,
    dotenv,
    names: SECRET_VARIABLES,
    read: readOwn,
    credentialsFile: credentials,
  });
}

/** Where `login` keeps what it was told; 0600. */
export function credentialsFile(env: Environment): string {
  const { stateDir } = readConfig({ OPENCLAW_MCP_STATE_DIR: env.OPENCLAW_MCP_STATE_DIR });
  return join(stateDir, 'credentials.json');
}

function read(path: string): FoundFile | undefined {
  try {
    // Windows has no such bits; its profile folder is its owner's alone.
    const readByOthers = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
    return { text: readFileSync(path, 'utf8'), readByOthers };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new AppError('config', `${path} cannot be read`, { cause: error });
  }
}
