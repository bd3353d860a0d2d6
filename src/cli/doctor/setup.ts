/** The doctor's look at what is set on this computer: Node, settings, keys, and who can read the files. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from '../../config/config.ts';
import { type Fault, faultError } from '../../config/faults.ts';
import { isErrno, onErrno } from '../../core/errno.ts';
import { isAppError } from '../../core/errors.ts';
import { writePrivate } from '../../core/files.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { head } from '../../core/text.ts';
import { NO_KEY } from '../../openclaw/catalog/own-server.ts';
import {
  keyChoice,
  PROVIDERS,
  type Provider,
  type ProviderKey,
  providerKeys,
} from '../../openclaw/catalog/providers.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const MIN_NODE_MAJOR = 20;

export function nodeVersion(version: string): Finding {
  if (Number(version.split('.')[0]) >= MIN_NODE_MAJOR) return ok('node', `Node ${version}`);
  return problem('node', `Node ${version} is too old`, `Install Node ${MIN_NODE_MAJOR} or newer.`);
}

/** What is wrong with the settings; each key has a finding of its own. */
export function settingFindings(faults: readonly Fault[]): Finding[] {
  const others = faults.filter(({ variable }) => !KEYS.has(variable));
  const error = faultError(
    others,
    others.flatMap(({ stops }) => stops),
  );
  return [
    error
      ? problem('settings', error.message, error.next ?? 'Correct them.')
      : ok('settings', 'all in order'),
  ];
}

const KEYS = new Set(['DEDALUS_API_KEY', ...PROVIDERS.flatMap(({ keyVariables }) => keyVariables)]);
// A stranger's file may name thousands.
const MAX_TOLD = 20;

/** What a `.env` in this folder says in vain. @param ignored names, which dotenv takes only of letters, digits, dots and dashes. */
export function dotenvFinding(ignored: readonly string[]): Finding[] {
  if (ignored.length === 0) return [];
  const more = ignored.length > MAX_TOLD ? ` and ${ignored.length - MAX_TOLD} more` : '';
  const names = ignored
    .slice(0, MAX_TOLD)
    .map((name) => head(name, 80))
    .join(', ');
  return [
    warning(
      '.env',
      `ignored, since a folder must not decide it: ${names}${more}`,
      'Nothing, if they are for other programs; else set them where the server starts, or keep keys with `openclaw-dedalus-mcp login`.',
    ),
  ];
}

/** The account's key: whether it is there, and whether it can be one at all. */
export function dedalusKey(env: Environment, faults: readonly Fault[]): Finding {
  const name = 'DEDALUS_API_KEY';
  if (!env[name]?.trim()) {
    return problem(
      'Dedalus key',
      `${name} is not set`,
      `Set ${name} where the server starts, or use --local, which needs no account.`,
    );
  }
  return wrong('Dedalus key', [name], faults) ?? ok('Dedalus key', `${name} is set`);
}

/** One finding for each provider whose key is set, or one that there is none. */
export function modelKeys(env: Environment, faults: readonly Fault[]): Finding[] {
  const keys = providerKeys(env);
  if (keys.length > 0) return keys.map((key) => modelKey(key, env, faults));
  return [
    problem('provider key', 'no model provider has a key', `Set ${keyChoice()} where the server starts.`),
  ];
}

function modelKey(
  { provider, key, baseUrl }: ProviderKey,
  env: Environment,
  faults: readonly Fault[],
): Finding {
  const name = variableOf(provider, env);
  const check = `${provider.id} key`;
  if (key === NO_KEY) return ok(check, `none, at the server that ${provider.baseUrlVariable} names`);
  const odd = wrong(check, provider.keyVariables, faults);
  if (odd) return odd;
  const start = provider.keyStart;
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

function wrong(check: string, names: readonly string[], faults: readonly Fault[]): Finding | undefined {
  const fault = faults.find(({ variable }) => names.includes(variable));
  return (
    fault && problem(check, `${fault.variable} ${fault.message}`, fault.next ?? `Correct ${fault.variable}.`)
  );
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

// More than one block, so that a full disk shows.
const PROBE_BYTES = 8_192;

/** Tries the state folder as the server uses it; where it is not there yet, the nearest of its parents. */
export async function stateFolder(folder: string): Promise<Finding> {
  const check = 'state folder';
  try {
    const tried = await inStateFolder(folder, () => probed(folder));
    return ok(check, tried === folder ? folder : `${folder} (made when it is first needed)`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return problem(check, error.message, error.next ?? 'Set OPENCLAW_MCP_STATE_DIR to another folder.');
  }
}

/** Leaves nothing behind. @returns the folder that was written to. */
async function probed(folder: string): Promise<string> {
  try {
    const probe = await mkdtemp(join(folder, '.doctor-'));
    try {
      await writePrivate(join(probe, 'probe'), ' '.repeat(PROBE_BYTES));
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
    return folder;
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || dirname(folder) === folder) throw error;
    return probed(dirname(folder));
  }
}

async function modeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(onErrno(undefined, 'ENOENT', 'ENOTDIR'));
  return found && found.mode & 0o777;
}
