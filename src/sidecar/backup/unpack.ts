/** A backup becomes the next state of this machine: judged whole first, unpacked beside, and nothing of it stays on failure. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type * as z from 'zod/mini';
import { type ArchiveEntry, ArchiveRefused, readArchive, unpackedName } from '../../core/archive.ts';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { at } from '../../core/patch.ts';
import { mcpDir, type Place } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject } from '../state/object-file.ts';
import type { unpackSchema } from '../state/protocol.ts';
import { adoptState } from './adopt.ts';
import { settleDatabase, unbindDatabase } from './databases.ts';
import { isPeoples, sharesPeoples } from './state-files.ts';

type Request = z.infer<typeof unpackSchema> & { job: string };

/** For the gateway's own files while both states lie on the disk. */
const SPARE_BYTES = 96 * 1024 * 1024;
const MANIFEST = 'openclaw-backup.json';
/** Of everything here, on a slow disk too; what takes longer was made to. */
const LONGEST_MS = 60 * 60_000;

/**
 * Makes `change/next` of the pieces of this job.
 * @throws SidecarError `transfer_damaged`, `no_room_for_copy`, `backup_unusable` with the entry's name.
 */
export async function unpackBackup(place: Place, request: Request): Promise<void> {
  const change = join(mcpDir(place), 'change');
  const next = join(change, 'next.new');
  const begun = systemClock.elapsed();
  removeTree(next);
  try {
    await judge(place, request, begun);
    mkdirSync(next, { recursive: true, mode: 0o700 });
    await unpack(place, request, next, begun);
    adoptState(place, next, request);
    renameSync(next, join(change, 'next'));
  } catch (error) {
    removeTree(next);
    removeTree(transferOf(place, request));
    throw asRefusal(error);
  }
}

const transferOf = (place: Place, { job }: Request) => join(mcpDir(place), 'transfer', job);

/** Nothing is written yet. */
async function judge(place: Place, request: Request, begun: number): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of pieces(place, request, begun)) hash.update(chunk);
  if (hash.digest('hex') !== request.sha256) throw new SidecarError('transfer_damaged');
  const { bavail, bsize } = statfsSync(place.home);
  const free = bavail * bsize - SPARE_BYTES;
  await readArchive(
    Readable.from(pieces(place, request, begun)),
    { bytes: Math.max(0, free) },
    async () => {},
  );
}

/** @throws SidecarError `backup_unusable` where the whole takes too long, or where a piece is no ordinary file. */
async function* pieces(place: Place, request: Request, begun: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < request.pieces; index++) {
    const file = join(transferOf(place, request), `piece.${index}`);
    // A pipe in its place would be waited for without end.
    if (!lstatSync(file).isFile()) throw new SidecarError('backup_unusable', `${file} is no ordinary file`);
    for await (const chunk of createReadStream(file)) {
      if (systemClock.elapsed() - begun > LONGEST_MS)
        throw new SidecarError('backup_unusable', 'it takes longer to unpack than any backup does');
      yield chunk;
    }
  }
}

/** Links come last, so that no file can be written through one; folders get their rights when they are full. */
async function unpack(place: Place, request: Request, next: string, begun: number): Promise<void> {
  const links: Extract<ArchiveEntry, { kind: 'link' }>[] = [];
  const folders: Extract<ArchiveEntry, { kind: 'folder' }>[] = [];
  const databases: { path: string; theirs: boolean }[] = [];
  const limits = { bytes: Number.MAX_SAFE_INTEGER };
  await readArchive(Readable.from(pieces(place, request, begun)), limits, async (entry, content) => {
    if (entry.name === MANIFEST || entry.name === '') return;
    const name = unpackedName(entry);
    const path = join(next, name);
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    if (entry.kind === 'link') links.push(entry);
    else if (entry.kind === 'folder') {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      folders.push(entry);
    } else {
      if (entry.kind === 'copy')
        copyFileSync(
          join(next, unpackedName({ kind: 'file', name: entry.target })),
          path,
          constants.COPYFILE_EXCL,
        );
      else await writeNew(path, entry.mode, content);
      if (path.endsWith('.sqlite')) databases.push({ path, theirs: isPeoples(name) });
    }
  });
  const settings = readObject(join(next, 'openclaw.json'));
  const store = 'value' in settings ? at(settings.value, 'cron', 'store') : undefined;
  const shared = sharesPeoples(links);
  for (const { path, theirs } of databases) {
    if (theirs && !shared) continue;
    await unbindDatabase(path);
    await settleDatabase(path, { home: place.home, store, emptied: request.emptied });
  }
  for (const { name, target } of links) symlinkSync(target, join(next, name));
  // Always its owner's to read, enter and remove again.
  for (const { name, mode } of folders) chmodSync(join(next, name), mode | 0o700);
}

async function writeNew(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const opened = openSync(path, flags, (mode & 0o755) | 0o600);
  closeSync(opened);
  await writeFile(path, content);
}

function asRefusal(error: unknown): unknown {
  if (error instanceof SidecarError) return error;
  if (error instanceof ArchiveRefused) {
    return error.reason === 'too_large'
      ? new SidecarError('no_room_for_copy')
      : new SidecarError('backup_unusable', `${error.reason}: ${JSON.stringify(error.entry)}`);
  }
  return isErrno(error, 'ENOSPC', 'EDQUOT')
    ? new SidecarError('no_room_for_copy')
    : new SidecarError('backup_unusable', String(error));
}

/** Also a tree whose folders cannot be written to. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    makeRemovable(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function makeRemovable(folder: string): void {
  if (!existsSync(folder)) return;
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeRemovable(join(folder, entry.name));
  }
}
