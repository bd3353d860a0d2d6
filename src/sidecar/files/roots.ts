/** Which folders of the assistant may be looked into and written to from outside: its workspaces, and what it sends out. */
import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { attempt } from '../../core/errno.ts';
import { isPatch, type Patch } from '../../core/patch.ts';
import { mcpDir, type Place, settingsFile, stateDir } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject } from '../state/object-file.ts';

/** No control or direction character, nothing that ends a line. */
const NAME = /^[^\p{Cc}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2066-\u2069\ufeff\ufffd]+$/u;

export const isPlainName = (name: string): boolean => NAME.test(name) && name.isWellFormed();

/** The workspaces first, each with its links resolved; those that are there. */
export function openFolders(place: Place): string[] {
  const state = stateDir(place);
  const all = [...workspaces(place), join(state, 'media/outbound'), join(state, 'media/outgoing')];
  return [
    ...new Set(all.flatMap((folder) => realOf(folder) ?? []).filter((real) => isAssistants(place, real))),
  ];
}

/**
 * A workspace is a setting, and may name the home itself, the keys in it, or what is not the machine's at all: open are
 * folders of the home without a hidden part, and of the state those that are made for it.
 */
function isAssistants(place: Place, real: string): boolean {
  const inState = partsBelow(realOf(stateDir(place)), real);
  if (inState !== undefined) return /^workspace/.test(inState[0] ?? '') || inState[0] === 'media';
  const inHome = partsBelow(realOf(place.home), real) ?? [];
  return inHome.length > 0 && inHome.every((part) => !part.startsWith('.'));
}

/** Undefined where it is not below. */
function partsBelow(folder: string | undefined, path: string): string[] | undefined {
  if (folder === undefined || !path.startsWith(`${folder}/`)) return undefined;
  return path.slice(folder.length + 1).split('/');
}

/** The main workspace is the first, whether or not it is there. */
export function workspaces(place: Place): string[] {
  const settings = readObject(settingsFile(place));
  const agents = 'value' in settings ? fieldOf(settings.value, 'agents') : {};
  const said = [
    fieldOf(agents, 'defaults').workspace ?? join(stateDir(place), 'workspace'),
    ...[agents.list, agents.entries]
      .flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
      .map((agent) => (isPatch(agent) ? agent.workspace : undefined)),
  ];
  return said.flatMap((path) => (typeof path === 'string' ? [fromHome(place, path)] : [])).filter(isAbsolute);
}

const fieldOf = (object: Patch, name: string): Patch => {
  const value = object[name];
  return isPatch(value) ? value : {};
};

const fromHome = ({ home }: Place, path: string) =>
  /^~(?:\/|$)/.test(path) ? join(home, path.slice(2)) : path;

/**
 * What a caller means by a path, from the root on; nothing was looked at yet.
 * @throws SidecarError `file_name`.
 */
export function meant(place: Place, path: string): string {
  if (path !== '' && (!isPlainName(path) || path.split('/').includes('..')))
    throw new SidecarError('file_name');
  const [workspace = ''] = workspaces(place);
  const whole = fromHome(place, path);
  return isAbsolute(whole) ? join(whole) : join(workspace, whole);
}

/** As callers may name it again: from the main workspace on, else from the root on. */
export function shown(place: Place, real: string): string {
  const [workspace = ''] = workspaces(place);
  const inside = relative(realOf(workspace) ?? workspace, real);
  return inside === '' ? '.' : inside.startsWith('..') ? real : inside;
}

/**
 * Whether a path without links lies in an open folder. A workspace that was set to a folder above OpenClaw's state or our
 * own does not open those.
 */
export function isOpen(place: Place, real: string): boolean {
  const closed = [stateDir(place), mcpDir(place)].flatMap((folder) => realOf(folder) ?? []);
  return openFolders(place).some(
    (folder) =>
      isWithin(folder, real) && !closed.some((kept) => isWithin(folder, kept) && isWithin(kept, real)),
  );
}

export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** Undefined where it is not there, or cannot be reached. */
export function realOf(path: string): string | undefined {
  return attempt(() => realpathSync(path), undefined);
}
