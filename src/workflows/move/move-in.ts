/**
 * Makes a backup of ours out of an archive of OpenClaw's own, in a private file of this computer: from there on it is restored
 * like any other. The archive itself is only read.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  type ArchiveEntry,
  ArchiveRefused,
  insideTarget,
  packedName,
  readArchive,
} from '../../core/archive.ts';
import { succeeds } from '../../core/errno.ts';
import { parseJson5 } from '../../core/json5.ts';
import { at } from '../../core/patch.ts';
import { type NewEntry, tarWriter, textEntry } from '../../core/tar.ts';
import type { BackupManifest } from '../../openclaw/backup.ts';
import { MAX_UNPACKED_BYTES, refusedArchive, textOf } from '../backup/judge.ts';
import { ofFullDisk, requireRoom } from '../files/part-file.ts';
import { isLeftBehind, withoutOurVariables } from './left-behind.ts';
import { inOldState, type Place, rewriter } from './places.ts';
import { inside, type TheirArchive } from './their-archive.ts';

export interface Move {
  archive: TheirArchive;
  places: readonly Place[];
  manifest: BackupManifest;
  /** As they are to be, with the paths of before. */
  settings: object;
  /** Files of the state that get another name. */
  renamed: Readonly<Record<string, string>>;
}

const MANIFEST = 'openclaw-backup.json';
const CONFIG = 'openclaw.json';
const SECRETS = 'secrets.json';
/** Older releases keep the place of every transcript in one, and automations in the other. */
const SESSIONS = /^agents\/[^/]+\/sessions\/sessions\.json$/;
const AUTOMATIONS = 'cron/jobs.json';
/** What is changed below these is found by its name: as a link they would hide it. */
const NO_LINKS = ['cron', 'agents', 'state'];
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** @param target is there when it is whole, and is made once. @throws AppError `invalid_input` for what may not come along, `unavailable` without room. */
export async function writeMoved(file: string, target: string, move: Move): Promise<void> {
  const draft = `${target}.new`;
  await rm(draft, { force: true });
  await requireRoom(target, (await stat(file)).size * 2);
  const tar = tarWriter();
  const filling = fill(file, move, tar.add).then(tar.end).catch(tar.fail);
  try {
    await pipeline(
      Readable.from(tar.readable),
      createGzip(),
      createWriteStream(draft, { flags: 'wx', mode: 0o600 }),
    );
    await filling;
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error instanceof ArchiveRefused ? refusedArchive(error) : ofFullDisk(error);
  }
}

type Add = (entry: NewEntry) => Promise<void>;

async function fill(file: string, move: Move, add: Add): Promise<void> {
  const { archive, manifest, settings, renamed, places } = move;
  const rewritten = rewriter(places, renamed);
  await add(textEntry(MANIFEST, json(manifest)));
  const settled = rewritten(settings);
  await add(textEntry(CONFIG, json(settled)));
  // The settings may name another file.
  const automations = [AUTOMATIONS, inOldState(at(settled, 'cron', 'store'))];
  const names = archive.names.map((name) => newName(name, move));
  if (!names.includes(SECRETS)) await add(textEntry(SECRETS, '{}\n'));
  const limits = { bytes: MAX_UNPACKED_BYTES, leaveOut: () => {} };
  await readArchive(createReadStream(file), limits, async (entry, content) => {
    if (entry.name === archive.config) return;
    const name = newName(entry.name, move);
    if (name === undefined || name === '') return;
    // Old settings that nobody read any more, where those in use lay elsewhere.
    if (name === CONFIG) return;
    if (SESSIONS.test(name) || automations.includes(name) || name === '.env') {
      if (entry.kind !== 'file') return;
      const text = await textOf(content, entry.name, MAX_INDEX_BYTES);
      const changed = automations.includes(name) ? (value: unknown) => rewritten(allOff(value)) : rewritten;
      await add(textEntry(name, name === '.env' ? withoutOurVariables(text) : changedJson(text, changed)));
    } else await addEntry({ entry, name, content, move, add });
  });
}

function changedJson(text: string, change: (value: unknown) => unknown): string {
  const value = parseJson5(text);
  // What cannot be read stays what it is.
  return value === undefined ? text : json(change(value));
}

function allOff(stored: unknown): unknown {
  const jobs = Object(stored).jobs;
  if (!Array.isArray(jobs)) return stored;
  return { ...Object(stored), jobs: jobs.map((job) => ({ ...job, enabled: false })) };
}

async function addEntry(of: {
  entry: ArchiveEntry;
  name: string;
  content: AsyncIterable<Uint8Array>;
  move: Move;
  add: Add;
}): Promise<void> {
  const { entry, name, content, move, add } = of;
  const common = { mtime: new Date(0), mode: 0o600 | (entry.mode & 0o100), size: 0 };
  switch (entry.kind) {
    case 'file':
      return add({ header: { ...common, name: packedName(name), size: entry.size }, content });
    case 'folder':
      return add({ header: { ...common, name: `${name}/`, mode: 0o700, type: 'directory' } });
    case 'copy': {
      const linkname = newName(entry.target, move);
      if (linkname) await add({ header: { ...common, ...copyOf(name, linkname), type: 'link' } });
      return;
    }
    case 'link':
      if (NO_LINKS.includes(name)) throw new ArchiveRefused('folder_link', entry.name);
      if (staysWithin(entry, name, move))
        await add({ header: { ...common, name, type: 'symlink', linkname: entry.target } });
  }
}

const copyOf = (name: string, linkname: string) => ({
  name: packedName(name),
  linkname: packedName(linkname),
});

/** A link that led from one part of the old state to another leads nowhere in the new one. */
function staysWithin({ name, target }: { name: string; target: string }, now: string, move: Move): boolean {
  const place = placeOf(name, move);
  const aim = posix.join(posix.dirname(name), target);
  if (place?.archive === undefined || !isWithin(aim, place.archive)) return false;
  return succeeds(() => insideTarget(now, target));
}

const isWithin = (name: string, folder: string) =>
  folder === '' || name === folder || name.startsWith(`${folder}/`);

/** The innermost part of the old state that it belongs to. */
function placeOf(name: string, { places }: Move): Place | undefined {
  return places
    .filter(({ archive }) => archive !== undefined && isWithin(name, archive))
    .sort((a, b) => (b.archive?.length ?? 0) - (a.archive?.length ?? 0))[0];
}

/** Undefined for what does not come along. */
export function newName(name: string, move: Move): string | undefined {
  const place = placeOf(name, move);
  if (place?.archive === undefined) return undefined;
  const below = name.slice(place.archive === '' ? 0 : place.archive.length + 1);
  if (isLeftBehind(below, place.to)) return undefined;
  const renamed = place.to === '' ? (move.renamed[below] ?? below) : below;
  return place.to === '' ? renamed : renamed === '' ? place.to : inside(place.to, renamed);
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
