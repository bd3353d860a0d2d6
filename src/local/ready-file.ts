/** What a local API that answers leaves in its folder, so that others find it and know what it is. */
import path from 'node:path';
import { readIfThere } from '../core/files.ts';
import { livingHolder } from './lock.ts';

/** Mode 0600. */
export interface ReadyFile {
  base_url: string;
  api_key: string;
  pid: number;
  /** Of the package; undefined for those that did not tell yet. */
  version: string | undefined;
  /** Started by `--local`, and not by a person, who alone ends such a one. */
  background: boolean;
}

/** Where the local API keeps its state, apart from what else is in the state folder. */
export function localFolder(stateDir: string): string {
  return path.join(stateDir, 'local');
}

export function readyPath(stateDir: string): string {
  return path.join(localFolder(stateDir), 'daemon.json');
}

/**
 * The living server of a state folder. A killed one's port may belong to a stranger now, who must not be shown the key:
 * also not in the moment in which the next server has the folder and the file is still the old one's.
 */
export async function livingServer(stateDir: string): Promise<ReadyFile | undefined> {
  const ready = parseReady(await readIfThere(readyPath(stateDir)));
  if (!ready || ready.pid !== (await livingHolder(localFolder(stateDir)))) return undefined;
  return ready;
}

function parseReady(text: string | undefined): ReadyFile | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('base_url' in value && 'api_key' in value && 'pid' in value)) return undefined;
  return {
    base_url: String(value.base_url),
    api_key: String(value.api_key),
    pid: Number(value.pid),
    version: 'version' in value && typeof value.version === 'string' ? value.version : undefined,
    background: !('background' in value) || value.background === true,
  };
}
