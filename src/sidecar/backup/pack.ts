/** Packs the assistant's state into one encrypted file, while the gateway works; without the gateway's token. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { createWriteStream, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type * as z from 'zod/mini';
import { MAX_ENTRIES, packedName } from '../../core/archive.ts';
import { systemClock } from '../../core/clock.ts';
import { patched } from '../../core/patch.ts';
import { type NewEntry, tarOf } from '../../core/tar.ts';
import { dropOldTransfers, transferDir } from '../files/pieces.ts';
import type { JobFunction } from '../jobs/job.ts';
import { type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import type { PACK } from '../state/protocol.ts';
import { gatewayToken, readSecrets } from '../state/secrets.ts';
import { copyDatabase, unbindDatabase } from './databases.ts';
import { fileEntry, hasRoomFor, measured, placeEntry, tokenRemover } from './into-archive.ts';
import { isPeoples, type StateFile, sharesPeoples, stateFiles } from './state-files.ts';

type Request = z.infer<typeof PACK.request>;
type Packed = z.infer<typeof PACK.reply>;

const MANIFEST = 'openclaw-backup.json';

/** @throws SidecarError `not_configured`, `no_room_for_copy`, `backup_too_many`, `backup_database`, `backup_failed`; nothing stays behind then. */
export async function packBackup(place: Place, request: Request & { job: string }): Promise<Packed> {
  requireFiles(place);
  dropOldTransfers(place);
  const folder = transferDir(place, request.job);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'databases'), { recursive: true, mode: 0o700 });
  try {
    const packed = await packInto(place, folder, request);
    rmSync(join(folder, 'databases'), { recursive: true, force: true });
    return packed;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (error instanceof SidecarError) throw error;
    throw new SidecarError('backup_failed', String(error));
  }
}

/** What OpenClaw must find as a file: a link there is somebody else's file. */
function requireFiles(place: Place): void {
  for (const file of [settingsFile(place), secretsFile(place)]) {
    const seen = lstatSync(file, { throwIfNoEntry: false });
    if (seen === undefined) throw new SidecarError('not_configured');
    if (!seen.isFile()) throw new SidecarError('backup_failed', `${file} is no ordinary file`);
  }
}

async function packInto(place: Place, folder: string, { key, manifest }: Request): Promise<Packed> {
  const root = stateDir(place);
  const { files, leftOut } = stateFiles(root);
  // With the manifest; what no restore takes is no backup.
  if (files.length >= MAX_ENTRIES) throw new SidecarError('backup_too_many');
  // The databases once more, and the archive, were nothing of it to be compressed.
  if (!hasRoomFor(root, files)) throw new SidecarError('no_room_for_copy');
  const databases = files.filter(({ kind }) => kind === 'database').map(({ name }) => name);
  const copies = join(folder, 'databases');
  const shared = sharesPeoples(files);
  for (const name of databases) {
    try {
      await copyDatabase(join(root, name), join(copies, name));
      if (shared || !isPeoples(name)) await unbindDatabase(join(copies, name));
    } catch (error) {
      throw new SidecarError('backup_database', `${name}: ${String(error)}`);
    }
  }
  const { value: secrets } = readSecrets(place);
  const token = gatewayToken(secrets);
  const iv = randomBytes(16);
  const measure = measured();
  const kept = patched(secrets, { gateway: null });
  const archive = tarOf(entriesOf({ root, copies, files, token, manifest, secrets: kept }));
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(key, 'hex'), iv);
  const target = createWriteStream(join(folder, 'archive'), { mode: 0o600 });
  await pipeline(archive, createGzip(), measure.stream, cipher, target);
  return { ...measure.result(), iv: iv.toString('hex'), left_out: leftOut };
}

interface Content {
  root: string;
  copies: string;
  files: readonly StateFile[];
  token: string | undefined;
  manifest: object;
  /** Without the gateway's token. */
  secrets: object;
}

/** The manifest first, so that it can be read without unpacking the rest. */
async function* entriesOf(content: Content): AsyncGenerator<NewEntry, void> {
  const { root, copies, files, token, manifest, secrets } = content;
  const cleaned = token === undefined ? undefined : () => tokenRemover(token);
  yield written(MANIFEST, manifest);
  for (const file of files) {
    const { name, mode } = file;
    if (name === MANIFEST) continue;
    if (file.kind === 'folder' || file.kind === 'link') yield placeEntry(file);
    else if (name === 'secrets.json') yield written(name, secrets);
    else if (file.kind === 'database')
      yield* fileEntry(join(copies, name), { name: packedName(name), mode }, cleaned);
    else yield* fileEntry(join(root, name), { name: packedName(name), mode }, cleaned);
  }
}

function written(name: string, content: object): NewEntry {
  const text = Buffer.from(`${JSON.stringify(content)}\n`);
  const mtime = new Date(systemClock.now());
  return { header: { name, mode: 0o600, size: text.length, mtime }, content: Readable.from([text]) };
}

export const backupJob: JobFunction<'backup'> = async ({ id, place, stage }, request) => {
  stage('pack');
  return { packed: JSON.stringify(await packBackup(place, { job: id, ...request })) };
};
