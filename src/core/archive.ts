/**
 * Backup archives as strangers: every entry is judged by its own words before anybody does something with it. Only regular
 * files, folders and links that stay inside; nothing behind a link; no more than was agreed to.
 */
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { TarHeader } from 'modern-tar';
import { readTar, TarBroken } from './tar.ts';
import { knownKinds, UnknownKind } from './tar-kinds.ts';

export type ArchiveEntry = { name: string; mode: number } & (
  | { kind: 'file'; size: number }
  | { kind: 'folder' }
  /** `target`: as a symbolic link says it, relative to its own folder. */
  | { kind: 'link'; target: string }
  /** `target`: an earlier file of the archive. */
  | { kind: 'copy'; target: string; size: number }
);

/** Why an archive is refused. `entry` is its own name for the place: foreign text. */
export class ArchiveRefused extends Error {
  readonly reason:
    | 'unreadable'
    | 'kind'
    | 'name'
    | 'link'
    | 'folder_link'
    | 'twice'
    | 'behind_link'
    | 'too_large'
    | 'too_many';
  readonly entry: string;

  constructor(reason: ArchiveRefused['reason'], entry = '') {
    super(`archive refused: ${reason}`);
    this.name = 'ArchiveRefused';
    this.reason = reason;
    this.entry = entry.slice(0, 300);
  }
}

export interface ArchiveLimits {
  /** Of all files together, unpacked. */
  bytes: number;
  /** Is told of a link that leads outside, which is left out then; without it such an archive is refused. */
  leaveOut?: (name: string) => void;
}

/** A state of years has some ten thousand files. */
export const MAX_ENTRIES = 400_000;
/** What the headers of an entry may add to its content; long names have blocks of their own. */
const HEADER_BYTES = 16 * 1024;
const MAX_NAME = 4096;

/**
 * Reads a gzipped tar to its end.
 * @param visit gets each entry after it was judged; the content of a file may be left unread.
 * @throws ArchiveRefused at the first entry that is not allowed.
 */
export async function readArchive(
  packed: Readable,
  limits: ArchiveLimits,
  visit: (entry: ArchiveEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const judge = entryJudge(limits);
  const counted = boundedBytes(limits.bytes + MAX_ENTRIES * HEADER_BYTES);
  let refused: { error: unknown } | undefined;
  const read = async (unpacked: AsyncIterable<Buffer>) => {
    try {
      for await (const { header, content } of readTar(knownKinds(unpacked))) {
        const entry = judge(header);
        if (entry !== undefined) await visit(entry, content);
      }
    } catch (error) {
      // The streams end with errors of their own then, which say less.
      refused = { error };
      throw error;
    }
  };
  try {
    await pipeline(packed, createGunzip(), counted, read);
  } catch (failed) {
    const error = refused === undefined ? failed : refused.error;
    if (error instanceof UnknownKind) throw new ArchiveRefused('kind', error.entry);
    throw isBroken(error) ? new ArchiveRefused('unreadable') : error;
  }
}

/** Judges entries in the order of the archive: undefined for one that is left out. @throws ArchiveRefused. */
function entryJudge(limits: ArchiveLimits): (header: TarHeader) => ArchiveEntry | undefined {
  const seen = new Map<string, ArchiveEntry>();
  // Folders that have no entry of their own, but something in them.
  const implied = new Set<string>();
  let bytes = 0;
  return (header) => {
    const entry = entryOf(header, seen, limits);
    if (seen.size >= MAX_ENTRIES) throw new ArchiveRefused('too_many', entry.name);
    requirePlace(entry, seen);
    if (entry.kind !== 'folder' && implied.has(entry.name)) throw new ArchiveRefused('twice', entry.name);
    seen.set(entry.name, entry);
    for (let above = parentOf(entry.name); above !== '' && !implied.has(above); above = parentOf(above))
      implied.add(above);
    if ('size' in entry) bytes += entry.size;
    if (bytes > limits.bytes) throw new ArchiveRefused('too_large', entry.name);
    // It stays among those that were seen: nothing may lie behind it either.
    return entry.kind === 'link' && entry.target === '' ? undefined : entry;
  };
}

function entryOf(
  { name, type, size, mode = 0o600, linkname = '' }: TarHeader,
  seen: Map<string, ArchiveEntry>,
  { leaveOut }: ArchiveLimits,
): ArchiveEntry {
  const common = { name: insideName(name), mode: mode & 0o777 };
  switch (type) {
    case 'file':
      if (!Number.isSafeInteger(size) || size < 0) throw new ArchiveRefused('too_large', name);
      return { ...common, kind: 'file', size };
    case 'directory':
      return { ...common, kind: 'folder' };
    case 'symlink':
      return { ...common, kind: 'link', target: targetOf(common.name, linkname, leaveOut) };
    case 'link': {
      const target = insideName(linkname);
      const file = seen.get(target);
      if (file?.kind !== 'file') throw new ArchiveRefused('link', name);
      return { ...common, kind: 'copy', target, size: file.size };
    }
    default:
      throw new ArchiveRefused('kind', name);
  }
}

/** Nothing stands twice, and whatever stands above it is a folder. */
function requirePlace({ name, kind }: ArchiveEntry, seen: Map<string, ArchiveEntry>): void {
  const before = seen.get(name);
  if (before !== undefined && !(before.kind === 'folder' && kind === 'folder'))
    throw new ArchiveRefused('twice', name);
  for (let above = parentOf(name); above !== ''; above = parentOf(above)) {
    const kindAbove = seen.get(above)?.kind ?? 'folder';
    if (kindAbove !== 'folder') throw new ArchiveRefused('behind_link', name);
  }
}

const parentOf = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf('/')));

/** Relative, without a way up; the archive's own folder is the empty name. */
function insideName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const isOutside = name.startsWith('/') || name.length > MAX_NAME || parts.includes('..');
  // A backslash is a letter like others where it is unpacked: zips of Windows leave such names behind.
  if (isOutside || name.includes('\0') || parts.some((part) => Buffer.byteLength(part) > 255))
    throw new ArchiveRefused('name', name);
  return parts.join('/');
}

/** In an archive a database has another name than the one in use, and so has what is called like that copy. */
export const packedName = (name: string): string =>
  /\.sqlite(?:\.snapshot)*$/.test(name) ? `${name}.snapshot` : name;

/** What `packedName` was told; folders and links keep theirs. */
export function unpackedName({ kind, name }: Pick<ArchiveEntry, 'kind' | 'name'>): string {
  return kind === 'folder' || kind === 'link'
    ? name
    : name.replace(/(\.sqlite(?:\.snapshot)*)\.snapshot$/, '$1');
}

/**
 * A link may go up only at its beginning, where it climbs real folders: behind another link `..` would be somebody else's
 * parent, and so each link by itself stays inside, and any chain of them.
 */
export function insideTarget(name: string, target: string): string {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const climbs = ups === -1 ? parts.length : ups;
  const depth = name.split('/').length - 1;
  const wrong = target === '' || target.startsWith('/') || target.includes('\0') || target.length > MAX_NAME;
  if (wrong || climbs > depth || parts.slice(climbs).includes('..')) throw new ArchiveRefused('link', name);
  return target;
}

/** Empty where it leads outside and is left out. */
function targetOf(name: string, target: string, leaveOut: ArchiveLimits['leaveOut']): string {
  if (leaveOut === undefined) return insideTarget(name, target);
  try {
    return insideTarget(name, target);
  } catch {
    leaveOut(name);
    return '';
  }
}

function boundedBytes(most: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > most) done(new ArchiveRefused('too_large'));
      else done(null, chunk);
    },
  });
}

/** What gzip and tar say of an archive that is no archive or not whole. */
const isBroken = (error: unknown) =>
  error instanceof TarBroken ||
  (error instanceof Error && 'code' in error && /^(?:Z_|ERR_STREAM)/.test(String(error.code)));
