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
import { type ArchiveEntry, insideTarget, readArchive } from '../../core/archive.ts';
import { parseJson5 } from '../../core/json5.ts';
import { type NewEntry, tarWriter } from '../../core/write-tar.ts';
import type { BackupManifest } from '../../openclaw/backup.ts';
import { MAX_UNPACKED_BYTES, textOf } from '../backup/judge.ts';
import { requireRoom } from '../files/part-file.ts';
import { isLeftBehind, withoutOurVariables } from './left-behind.ts';
import { type Place, rewriter } from './places.ts';
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
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** @param target is there when it is whole, and is made once. @throws ArchiveRefused; AppError `unavailable` without room. */
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
    throw error;
  }
}

type Add = (entry: NewEntry) => Promise<void>;

async function fill(file: string, move: Move, add: Add): Promise<void> {
  const { archive, manifest, settings, renamed, places } = move;
  const rewritten = rewriter(places, renamed);
  await add(written(MANIFEST, json(manifest)));
  await add(written(CONFIG, json(rewritten(settings))));
  const names = archive.names.map((name) => newName(name, move));
  if (!names.includes(SECRETS)) await add(written(SECRETS, '{}\n'));
  const limits = { bytes: MAX_UNPACKED_BYTES, leaveOut: () => {} };
  await readArchive(createReadStream(file), limits, async (entry, content) => {
    if (entry.name === archive.config) return;
    const name = newName(entry.name, move);
    if (name === undefined || name === '') return;
    if (SESSIONS.test(name) || name === AUTOMATIONS || name === '.env') {
      if (entry.kind !== 'file') return;
      const text = await textOf(content, entry.name, MAX_INDEX_BYTES);
      await add(written(name, changed(name, text, rewritten)));
    } else await addEntry({ entry, name, content, move, add });
  });
}

function changed(name: string, text: string, rewritten: (value: unknown) => unknown): string {
  if (name === '.env') return withoutOurVariables(text);
  const value = parseJson5(text);
  // What cannot be read stays what it is.
  if (value === undefined) return text;
  return json(rewritten(name === AUTOMATIONS ? allOff(value) : value));
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
      return add({ header: { ...common, name, size: entry.size }, content });
    case 'folder':
      return add({ header: { ...common, name: `${name}/`, mode: 0o700, type: 'directory' } });
    case 'copy': {
      const linkname = newName(entry.target, move);
      if (linkname) await add({ header: { ...common, name, type: 'link', linkname } });
      return;
    }
    case 'link':
      if (staysWithin(entry, name, move))
        await add({ header: { ...common, name, type: 'symlink', linkname: entry.target } });
  }
}

/** A link that led from one part of the old state to another leads nowhere in the new one. */
function staysWithin({ name, target }: { name: string; target: string }, now: string, move: Move): boolean {
  const place = placeOf(name, move);
  const aim = posix.join(posix.dirname(name), target);
  if (place?.archive === undefined || !isWithin(aim, place.archive)) return false;
  try {
    insideTarget(now, target);
    return true;
  } catch {
    return false;
  }
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

function written(name: string, text: string): NewEntry {
  const bytes = Buffer.from(text);
  return {
    header: { name, mode: 0o600, size: bytes.length, mtime: new Date(0) },
    content: Readable.from([bytes]),
  };
}
