/** Packs the assistant's state into one encrypted file, while the gateway works; without the gateway's token. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  constants,
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import type * as z from 'zod/mini';
import { ageMs, systemClock } from '../../core/clock.ts';
import { patched } from '../../core/patch.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { secretsFile, settingsFile } from '../state/place.ts';
import type { PACK } from '../state/protocol.ts';
import { gatewayToken, readSecrets } from '../state/secrets.ts';
import { copyDatabase } from './databases.ts';
import { tokenRemover } from './remove-token.ts';
import { type StateFile, stateFiles } from './state-files.ts';

type Request = z.infer<typeof PACK.request>;
type Packed = z.infer<typeof PACK.reply>;

/** Whoever wanted a transfer of yesterday has given up, and it fills the disk. */
const OLD_MS = 24 * 60 * 60 * 1000;
const SPARE_BYTES = 64 * 1024 * 1024;
const MANIFEST = 'openclaw-backup.json';

/** @throws SidecarError `not_configured`, `no_room_for_copy`, `backup_database`, `backup_failed`; nothing stays behind then. */
export async function packBackup(place: Place, request: Request & { job: string }): Promise<Packed> {
  requireFiles(place);
  dropOldTransfers(place);
  const folder = join(mcpDir(place), 'transfer', request.job);
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

function dropOldTransfers(place: Place): void {
  const all = join(mcpDir(place), 'transfer');
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(all)) {
    const { mtime } = statSync(join(all, name));
    if (ageMs(mtime.toISOString(), systemClock.now()) > OLD_MS)
      rmSync(join(all, name), { recursive: true, force: true });
  }
}

async function packInto(place: Place, folder: string, { key, manifest }: Request): Promise<Packed> {
  const root = stateDir(place);
  const { files, leftOut } = stateFiles(root);
  requireRoom(root, files);
  const databases = files.filter(({ kind }) => kind === 'database').map(({ name }) => name);
  const copies = join(folder, 'databases');
  for (const name of databases) {
    try {
      await copyDatabase(join(root, name), join(copies, name));
    } catch (error) {
      throw new SidecarError('backup_database', `${name}: ${String(error)}`);
    }
  }
  const { value: secrets } = readSecrets(place);
  const token = gatewayToken(secrets);
  const iv = randomBytes(16);
  const measure = measured();
  const archive = pack();
  const filling = fill(archive, {
    root,
    copies,
    files,
    token,
    manifest,
    secrets: patched(secrets, { gateway: null }),
  });
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(key, 'hex'), iv);
  const target = createWriteStream(join(folder, 'archive'), { mode: 0o600 });
  await Promise.all([pipeline(archive, createGzip(), measure.stream, cipher, target), filling]);
  return { ...measure.result(), iv: iv.toString('hex'), left_out: leftOut };
}

/** The databases once more, and the archive, were nothing of it to be compressed. */
function requireRoom(root: string, files: readonly StateFile[]): void {
  const sizes = files.map(({ kind, name }) =>
    kind === 'file' || kind === 'database'
      ? (lstatSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0)
      : 0,
  );
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < sizes.reduce((sum, size) => sum + size, SPARE_BYTES))
    throw new SidecarError('no_room_for_copy');
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
async function fill(
  archive: Pack,
  { root, copies, files, token, manifest, secrets }: Content,
): Promise<void> {
  try {
    archive.entry({ name: MANIFEST, mode: 0o600 }, `${JSON.stringify(manifest)}\n`);
    for (const file of files) {
      const { name, mode } = file;
      if (name === MANIFEST) continue;
      if (file.kind === 'folder') archive.entry({ name: `${name}/`, type: 'directory', mode });
      else if (file.kind === 'link') archive.entry({ name, type: 'symlink', linkname: file.target, mode });
      else if (name === 'secrets.json') archive.entry({ name, mode: 0o600 }, `${JSON.stringify(secrets)}\n`);
      else if (file.kind === 'database')
        await copyIn(archive, join(copies, name), `${name}.snapshot`, mode, token);
      else await copyIn(archive, join(root, name), name, mode, token);
    }
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

async function copyIn(
  archive: Pack,
  path: string,
  name: string,
  mode: number,
  token: string | undefined,
): Promise<void> {
  const handle = await opened(path);
  if (handle === undefined) return;
  try {
    const { size, mtime } = await handle.stat();
    const entry = archive.entry({ name, mode, size, mtime });
    const closed = once(entry, 'close');
    for await (const chunk of exactly(handle, size, token)) {
      if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), closed]);
    }
    entry.end(undefined);
    await closed;
  } finally {
    await handle.close();
  }
}

/** Undefined where it is gone or has become something else meanwhile. */
async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

/** As many bytes as were announced: a transcript grows while it is read, and a file may shrink. */
async function* exactly(handle: FileHandle, size: number, token: string | undefined): AsyncGenerator<Buffer> {
  if (size === 0) return;
  let missing = size;
  const read = createReadStream('', { fd: handle, autoClose: false, start: 0, end: size - 1 });
  const chunks: AsyncIterable<Buffer> = token === undefined ? read : read.pipe(tokenRemover(token));
  for await (const chunk of chunks) {
    missing -= chunk.length;
    yield chunk;
  }
  for (; missing > 0; missing -= 65_536) yield Buffer.alloc(Math.min(missing, 65_536));
}

function measured() {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}
