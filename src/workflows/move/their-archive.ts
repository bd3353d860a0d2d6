/** Which part of an archive that OpenClaw or a person made is an assistant's state, and where it lay on the old computer. */
import { posix } from 'node:path';
import { type ArchiveEntry, ArchiveRefused } from '../../core/archive.ts';
import { AppError } from '../../core/errors.ts';
import { parseJson5 } from '../../core/json5.ts';
import { isPatch, type Patch } from '../../core/patch.ts';
import { OWN_MANIFEST, type OwnManifest, ownManifest } from '../../openclaw/own-archive.ts';
import { readWhole, textOf } from '../backup/judge.ts';
import { variablesIn } from './left-behind.ts';

/** Something of the old computer that comes along. */
export interface Carried {
  /** Its path there; undefined where nothing tells it. */
  source: string | undefined;
  /** Its name in the archive; empty for all of it. */
  archive: string;
  /** `state`, or what OpenClaw calls the part that lies elsewhere. */
  kind: string;
}

export interface TheirArchive {
  manifest: OwnManifest | undefined;
  /** The state first. */
  carried: readonly Carried[];
  /** Name of the settings in the archive. */
  config: string;
  settings: Patch;
  /** Of everything that is no folder. */
  names: readonly string[];
  /** Names of variables in its .env. Foreign. */
  variables: readonly string[];
  /** Links that lead outside, which nobody unpacks. */
  outside: readonly string[];
}

const CONFIG = 'openclaw.json';
const ENV = '.env';
const STATE = '.openclaw';
/** As many small files as are looked at: a workspace may hold some of the same names. */
const MOST_TEXTS = 400;
/** Of all of them: settings have some ten kilobytes, and what is looked at lies in memory together. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** @throws AppError `invalid_input` where it cannot be unpacked safely, or is no state of OpenClaw. */
export async function theirArchive(file: string): Promise<TheirArchive> {
  const names: string[] = [];
  const outside: string[] = [];
  const texts = new Map<string, string>();
  let textBytes = 0;
  const visit = async (entry: ArchiveEntry, content: AsyncIterable<Uint8Array>) => {
    if (entry.kind !== 'folder') names.push(entry.name);
    if (entry.kind !== 'file' || !isTold(entry.name) || texts.size >= MOST_TEXTS) return;
    textBytes += entry.size;
    if (textBytes > MAX_TEXT_BYTES) throw new ArchiveRefused('too_large', entry.name);
    texts.set(entry.name, await textOf(content, entry.name));
  };
  await readWhole(file, { leaveOut: (name) => outside.push(name) }, visit);
  const manifest = manifestIn(texts);
  const carried = manifest === undefined ? inFolder(texts) : inManifest(manifest);
  const config = configIn(carried, manifest);
  const settings = parseJson5(texts.get(config) ?? '');
  if (!isPatch(settings)) throw noState('its openclaw.json is not there, or cannot be read');
  if (/"\$include"\s*:/.test(JSON.stringify(settings)))
    throw noState(
      'its settings are spread over several files ($include), which this server does not put together',
    );
  const variables = variablesIn(texts.get(inside(carried[0]?.archive ?? '', ENV)) ?? '');
  return { manifest, carried: withSources(carried, settings), config, settings, names, variables, outside };
}

/** At the top of an archive, and wherever settings may lie. */
const isTold = (name: string) =>
  [CONFIG, ENV].includes(posix.basename(name)) ||
  (posix.basename(name) === OWN_MANIFEST && name.split('/').length === 2);

function manifestIn(texts: ReadonlyMap<string, string>): OwnManifest | undefined {
  const found = [...texts].find(([name]) => posix.basename(name) === OWN_MANIFEST);
  if (found === undefined) return undefined;
  const read = ownManifest.safeParse(parseJson5(found[1]));
  if (read.success && read.data.archiveRoot === posix.dirname(found[0])) return read.data;
  throw noState('its manifest is of a form that OpenClaw 2026.7 to 2026.9 does not write');
}

function inManifest({ assets, archiveRoot, options }: OwnManifest): Carried[] {
  if (options?.onlyConfig === true) throw noState('it holds the settings alone');
  const state = assets.filter(({ kind }) => kind === 'state');
  const isInside = ({ archivePath }: { archivePath: string }) =>
    archivePath.startsWith(`${archiveRoot}/`) && posix.normalize(archivePath) === archivePath;
  if (state.length !== 1 || !assets.every(isInside)) throw noState('its manifest names no state');
  return [...state, ...assets.filter(({ kind }) => kind !== 'state')].map(
    ({ kind, sourcePath: source, archivePath: archive }) => ({ kind, source, archive }),
  );
}

/** As `tar -C ~ .openclaw` packs it, or `tar -C ~/.openclaw .`: the settings that lie highest are those of the state. */
function inFolder(texts: ReadonlyMap<string, string>): Carried[] {
  const folders = [...texts.keys()]
    .filter((name) => posix.basename(name) === CONFIG)
    .map((name) => (name === CONFIG ? '' : posix.dirname(name)))
    .filter((folder) => folder === '' || posix.basename(folder) === STATE)
    .sort((a, b) => a.split('/').length - b.split('/').length || a.length - b.length);
  const [archive] = folders;
  if (archive === undefined) throw noState('there is no .openclaw/openclaw.json in it');
  return [{ kind: 'state', source: undefined, archive }];
}

function configIn([state, ...others]: readonly Carried[], manifest: OwnManifest | undefined): string {
  const elsewhere = others.find(({ kind }) => kind === 'config');
  if (elsewhere !== undefined) return elsewhere.archive;
  const path = manifest?.paths?.configPath ?? CONFIG;
  return inside(state?.archive ?? '', path.slice(path.search(/[^\\/]*$/)));
}

export const inside = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** Where nothing says where the state lay, its own settings do: they name places in it. */
function withSources(carried: readonly Carried[], settings: Patch): Carried[] {
  const told = /"([^"]*?[\\/]\.openclaw)(?:[\\/"])/.exec(
    JSON.stringify(settings).replaceAll('\\\\', '\\'),
  )?.[1];
  const source = told === undefined || !/^(?:\/|[A-Za-z]:)/.test(told) ? undefined : told;
  return carried.map((each) => (each.source === undefined ? { ...each, source } : each));
}

function noState(why: string): AppError {
  return new AppError(
    'invalid_input',
    `This file is no backup of backup_openclaw and no state of OpenClaw: ${why}; nothing was changed`,
    {
      next: 'Pass a file that backup_openclaw made, an archive of "openclaw backup create", or, with the old OpenClaw stopped, one of "tar -czf assistant.tar.gz -C ~ .openclaw".',
    },
  );
}
