/** Where in the new state each part of an old one comes to lie, and what its settings call it from then on. */
import { posix } from 'node:path';
import { at, isPatch, type Patch, patched, withTexts } from '../../core/patch.ts';
import { type Carried, inside, type TheirArchive } from './their-archive.ts';

/** Stands for the home of before in everything that is rewritten here; the machine puts its own in its place. */
export const MOVED_HOME = '/moved';
const STATE = `${MOVED_HOME}/.openclaw`;

export interface Place {
  /** What the old settings call it; none where nothing tells. */
  sources: readonly string[];
  /** Its name in the archive; undefined where it is not in it. */
  archive: string | undefined;
  /** Its name in the new state; empty for the state itself. */
  to: string;
}

export interface Places {
  /** The state first. */
  all: readonly Place[];
  /** How many workspaces the settings name that are not in the archive. */
  missing: number;
}

export function placesOf(archive: TheirArchive): Places {
  const [state] = archive.carried;
  if (state === undefined) return { all: [], missing: 0 };
  const home = homeOf(state.source);
  const own: Place = {
    sources: state.source === undefined ? [] : [state.source],
    archive: state.archive,
    to: '',
  };
  const elsewhere = archive.carried
    .filter(({ kind }) => ['workspace', 'credentials', 'agent'].includes(kind))
    .map(({ source, archive: name, kind }) => ({ source: source ?? '', name, kind }));
  const known = new Set(elsewhere.map(({ source }) => source));
  const named = workspacesIn(archive.settings)
    .map((path) => absolute(path, home))
    .filter((path) => isAbsolute(path) && !isWithin(path, state.source) && !known.has(path))
    .map((source) => ({ source, name: besideState(archive, state, home, source), kind: 'workspace' }));
  const free = freeNames(archive.names, state.archive);
  const others = [...elsewhere, ...unique(named)].map(({ source, name, kind }) => ({
    sources: [source, ...fromHome(source, home)],
    archive: name,
    to: free(kind),
  }));
  return {
    all: [own, ...others],
    missing: others.filter((place) => place.archive === undefined).length,
  };
}

/** Rewrites paths of the old computer in every text of a JSON value. */
export function rewriter(places: readonly Place[], renamed: Readonly<Record<string, string>>) {
  const pairs = new Map(
    places.flatMap(({ sources, to }) =>
      sources.map((source) => [source, to === '' ? STATE : `${STATE}/${to}`] as const),
    ),
  );
  for (const source of places[0]?.sources ?? [])
    for (const [name, now] of Object.entries(renamed)) pairs.set(`${source}/${name}`, `${STATE}/${now}`);
  for (const [name, now] of Object.entries(renamed)) pairs.set(`~/.openclaw/${name}`, `${STATE}/${now}`);
  const longestFirst = [...pairs.keys()].sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return (value: unknown) => value;
  const pattern = new RegExp(`(?:${longestFirst.map(escaped).join('|')})(?=[/\\\\]|$)([^\\s"']*)`, 'g');
  const text = (value: string) =>
    value.replace(pattern, (whole: string, rest: string) => {
      const source = whole.slice(0, whole.length - rest.length);
      return `${pairs.get(source) ?? source}${/^[A-Za-z]:/.test(source) ? rest.replaceAll('\\', '/') : rest}`;
    });
  return (value: unknown) => withTexts(value, text);
}

/** The name in the state of a path as `rewriter` leaves it; undefined where it lies elsewhere. */
export function inOldState(path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const root = ['~/.openclaw/', `${STATE}/`].find((start) => path.startsWith(start));
  return root && posix.normalize(path.slice(root.length));
}

/** Automations in a store outside of the state are found by its name as it was, though nothing lies there any more. */
export function withStore(settings: Patch, { carried }: Pick<TheirArchive, 'carried'>): Patch {
  const store = at(settings, 'cron', 'store');
  const home = homeOf(carried[0]?.source);
  if (typeof store !== 'string' || home === undefined || isWithin(store, undefined)) return settings;
  return patched(settings, { cron: { store: absolute(store, home) } });
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The main one, and those of agents that have their own. */
function workspacesIn(settings: Patch): string[] {
  const { list, entries } = isPatch(settings.agents) ? settings.agents : {};
  const agents = [...(Array.isArray(list) ? list : []), ...Object.values(isPatch(entries) ? entries : {})];
  const all = [
    at(settings, 'agents', 'defaults', 'workspace'),
    ...agents.map((agent) => at(agent, 'workspace')),
  ];
  return all.filter((path): path is string => typeof path === 'string' && path !== '');
}

const homeOf = (state: string | undefined) => state?.replace(/[\\/][^\\/]+$/, '');
const absolute = (path: string, home: string | undefined) =>
  path.startsWith('~/') && home !== undefined ? `${home}${path.slice(1)}` : path.replace(/[\\/]+$/, '');
const isAbsolute = (path: string) => /^(?:\/.|[A-Za-z]:[\\/]|~\/)/.test(path);
const isWithin = (path: string, state: string | undefined) =>
  path.startsWith('~/.openclaw/') ||
  (state !== undefined &&
    (path === state || /^[\\/]/.test(path.startsWith(state) ? path.slice(state.length) : 'x')));

/** As `~` says it. */
function fromHome(source: string, home: string | undefined): string[] {
  return home !== undefined && source.startsWith(`${home}/`) ? [`~${source.slice(home.length)}`] : [];
}

/** In an archive of a home without a manifest: where a folder of the home lies. */
function besideState(
  { manifest, names }: TheirArchive,
  state: Carried,
  home: string | undefined,
  source: string,
): string | undefined {
  if (manifest !== undefined || home === undefined || !source.startsWith(`${home}/`) || state.archive === '')
    return undefined;
  const above = posix.dirname(state.archive);
  const name = inside(above === '.' ? '' : above, source.slice(home.length + 1));
  return names.some((each) => each.startsWith(`${name}/`)) ? name : undefined;
}

function unique<T extends { source: string }>(places: readonly T[]): T[] {
  return [...new Map(places.map((place) => [place.source, place])).values()];
}

/** Hands out names that the state does not have yet. */
function freeNames(names: readonly string[], state: string): (kind: string) => string {
  const top = state === '' ? 0 : state.length + 1;
  const taken = new Set(
    names
      .filter((name) => name.startsWith(inside(state, '')))
      .map((name) => name.slice(top).split('/', 1)[0] ?? ''),
  );
  return (kind) => {
    const wanted = kind === 'credentials' ? 'credentials' : 'workspace';
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`;
    taken.add(name);
    return name;
  };
}
