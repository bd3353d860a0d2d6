/** The doctor's look at what is set on this computer: Node, settings, keys, and who can read the files. */
import { access, constants, stat } from 'node:fs/promises';
import { type Config, type Environment, readConfig } from '../config/config.ts';
import { type AppError, isAppError } from '../core/errors.ts';
import { isErrno } from '../core/files.ts';
import { type Provider, type ProviderKey, providerKeys } from '../openclaw/providers.ts';
import { type Finding, ok, problem, warning } from './doctor-finding.ts';

const MIN_NODE_MAJOR = 20;

export function nodeVersion(version: string): Finding {
  if (Number(version.split('.')[0]) >= MIN_NODE_MAJOR) return ok('node', `Node ${version}`);
  return problem('node', `Node ${version} is too old`, `Install Node ${MIN_NODE_MAJOR} or newer.`);
}

/** The environment and the files that keys are kept in, or what is wrong with them. */
export function readSources(environment: () => Environment): { env: Environment; findings: Finding[] } {
  try {
    return { env: environment(), findings: [] };
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    return { env: {}, findings: [problem('secrets', error.message, remedyOf(error, 'Put that right.'))] };
  }
}

/** The settings, or what is wrong with them. */
export function readSettings(env: Environment): { config: Config | undefined; findings: Finding[] } {
  try {
    return { config: readConfig(env), findings: [ok('settings', 'all in order')] };
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    return {
      config: undefined,
      findings: [problem('settings', error.message, remedyOf(error, 'Correct them.'))],
    };
  }
}

/** The account's key: whether it is there, and whether it can be one at all. */
export function dedalusKey(env: Environment): Finding {
  const name = 'DEDALUS_API_KEY';
  const value = env[name]?.trim();
  if (!value) {
    return problem(
      'Dedalus key',
      `${name} is not set`,
      `Set ${name} where the server starts, or use --local, which needs no account.`,
    );
  }
  return misquoted('Dedalus key', name, value) ?? ok('Dedalus key', `${name} is set`);
}

/** One finding for each provider whose key is set, or one that there is none. */
export function modelKeys(env: Environment): Finding[] {
  const keys = providerKeys(env);
  if (keys.length > 0) return keys.map((key) => modelKey(key, env));
  return [
    problem(
      'provider key',
      'no model provider has a key',
      'Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or another of those in the README, where the server starts.',
    ),
  ];
}

// As each provider hands them out today; another address takes keys of its own making.
const KEY_STARTS: Readonly<Record<string, string>> = {
  anthropic: 'sk-ant-',
  openai: 'sk-',
  google: 'AIza',
  openrouter: 'sk-or-',
  xai: 'xai-',
  groq: 'gsk_',
  deepseek: 'sk-',
};

function modelKey({ provider, key, baseUrl }: ProviderKey, env: Environment): Finding {
  const name = variableOf(provider, env);
  const check = `${provider.id} key`;
  const odd = misquoted(check, name, key);
  if (odd) return odd;
  const start = KEY_STARTS[provider.id];
  if (baseUrl === undefined && start !== undefined && !key.startsWith(start)) {
    return warning(
      check,
      `${name} does not begin with "${start}" as this provider's keys do`,
      'Check that it is the key of this provider.',
    );
  }
  return ok(
    check,
    `${name} is set${baseUrl === undefined ? '' : `, and ${provider.baseUrlVariable} redirects it`}`,
  );
}

function variableOf(provider: Provider, env: Environment): string {
  return provider.keyVariables.find((name) => env[name]?.trim()) ?? '';
}

function misquoted(check: string, name: string, value: string): Finding | undefined {
  if (!/^["']|["']$|\s/.test(value)) return undefined;
  return problem(check, `${name} holds quotes or spaces`, 'Remove them; a key is one word.');
}

/** Files that hold keys must be their owner's only. @param files that may not exist */
export async function privateFiles(files: readonly string[], platform: NodeJS.Platform): Promise<Finding[]> {
  // Windows keeps no such modes.
  if (platform === 'win32') return [];
  const modes = await Promise.all(files.map(async (file) => ({ file, mode: await modeOf(file) })));
  return modes.flatMap(({ file, mode }) => {
    if (mode === undefined) return [];
    if ((mode & 0o077) === 0) return [ok('private file', file)];
    return [
      warning(
        'private file',
        `${file} can be read by others (mode ${mode.toString(8)})`,
        `Run: chmod go= '${file}'`,
      ),
    ];
  });
}

/** The state folder can be written to, or made. */
export async function stateFolder(folder: string): Promise<Finding> {
  const check = 'state folder';
  try {
    await access(folder, constants.W_OK);
    return ok(check, folder);
  } catch (error) {
    // The server makes it with its parents when it first needs it.
    if (isErrno(error, 'ENOENT')) return ok(check, `${folder} (made when it is first needed)`);
    return problem(
      check,
      `${folder} cannot be written to`,
      'Give it to your user, or set OPENCLAW_MCP_STATE_DIR to another folder.',
    );
  }
}

async function modeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mode & 0o777;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function remedyOf(error: AppError, otherwise: string): string {
  return error.next ?? otherwise;
}
