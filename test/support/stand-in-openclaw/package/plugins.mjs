/** `openclaw plugins`: packages from the registry that the machine names, remembered in the state folder. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StartError, stateDir } from './config.mjs';

// Present releases bring this messenger along; any other one is a plugin.
const BUNDLED = ['telegram'];

/** Ids of the channels that a gateway with this state can run. */
export function knownChannels(env) {
  return [...BUNDLED, ...installed(env)];
}

/** What a gateway loads at its start. */
export function pluginVersions(env) {
  return installed(env).map((id) => `${id} ${versionOf(id, env)}`);
}

/** @param rest what follows `plugins`. @throws StartError when the registry does not have the package. */
export async function plugins(rest, env) {
  const [command, spec = ''] = rest;
  if (command === 'list') {
    const list = knownChannels(env).map((id) => ({ id, version: versionOf(id, env), enabled: true }));
    return console.log(JSON.stringify({ plugins: list }, null, 2));
  }
  const [, name, version] = /^(@openclaw\/[a-z]+)@(.+)$/.exec(spec) ?? [];
  if (command !== 'install' || name === undefined) throw new StartError(1, 'error: unknown plugins command');
  const answer = await fetch(`${env.NPM_CONFIG_REGISTRY}/${name.replace('/', '%2f')}/${version}`);
  if (!answer.ok) throw new StartError(1, `npm error code E404\nnpm error 404 Not Found - ${spec}`);
  mkdirSync(folder(env), { recursive: true });
  writeFileSync(path.join(folder(env), `${name.split('/')[1]}.json`), JSON.stringify(await answer.json()));
  console.log(`Installed plugin ${spec}`);
}

function folder(env) {
  return path.join(stateDir(env), 'plugins');
}

/** Of a plugin; undefined for what the release brings along. */
function versionOf(id, env) {
  if (BUNDLED.includes(id)) return undefined;
  return JSON.parse(readFileSync(path.join(folder(env), `${id}.json`), 'utf8')).version;
}

function installed(env) {
  try {
    return readdirSync(folder(env)).map((file) => path.basename(file, '.json'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
