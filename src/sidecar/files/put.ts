/** Puts a file among the assistant's own: whole or not at all, beside first, and over another one only where that is asked for. */
import { createHash } from 'node:crypto';
import {
  constants,
  createReadStream,
  linkSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { asRefusal, orRefusal } from './open-file.ts';
import { transferDir } from './pieces.ts';
import { isOpen, meant, realOf, shown } from './roots.ts';

type From = RequestOf<'file_put'>['from'];

/** Stays free: the gateway writes too. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Changes nothing. @throws SidecarError why it could not be put there. */
export function mayPut(
  place: Place,
  { path, replace, bytes }: RequestOf<'file_may_put'>,
): Record<string, never> {
  const wanted = meant(place, path);
  const folder = nearest(dirname(wanted));
  if (!isOpen(place, folder)) throw new SidecarError('file_outside');
  requireFree(join(folder, basename(wanted)), replace);
  const { bavail, bsize } = statfsSync(folder);
  // The pieces, and the file made of them.
  if (bavail * bsize < 2 * bytes + SPARE_BYTES) throw new SidecarError('file_no_room');
  return {};
}

/**
 * Again after it was put there, it finds it there.
 * @throws SidecarError `file_name`, `file_outside`, `file_exists`, `file_odd`, `file_no_room`, `transfer_damaged`.
 */
export async function putFile(place: Place, request: RequestOf<'file_put'>): Promise<ReplyOf<'file_put'>> {
  const { path, replace, sha256: sum, from } = request;
  const target = targetFor(place, path);
  const told = { path: shown(place, target) };
  const there = await wasPut(place, target, from, sum);
  if (there !== undefined) return { ...told, bytes: there };
  requireFree(target, replace);
  const draft = join(dirname(target), `.${sum.slice(0, 16)}.arriving`);
  rmSync(draft, { force: true });
  try {
    const bytes = await writeDraft(place, draft, from, sum);
    if (replace) renameSync(draft, target);
    else linkSync(draft, target);
    return { ...told, bytes };
  } catch (error) {
    throw asRefusal(error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** How many bytes it has, where what was carried here lies there already. */
async function wasPut(place: Place, target: string, from: From, sum: string): Promise<number | undefined> {
  const seen = lstatSync(target, { throwIfNoEntry: false });
  if ('data' in from || !seen?.isFile()) return undefined;
  const sizes = pieceFiles(place, from).map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  if (sizes.reduce((sum, size) => sum + size, 0) !== seen.size) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(target)) hash.update(chunk);
  return hash.digest('hex') === sum ? seen.size : undefined;
}

/** In a folder without links that is made where it is not there yet. */
function targetFor(place: Place, path: string): string {
  const wanted = meant(place, path);
  const folder = dirname(wanted);
  if (!isOpen(place, nearest(folder))) throw new SidecarError('file_outside');
  orRefusal(() => mkdirSync(folder, { recursive: true, mode: 0o755 }));
  const real = orRefusal(() => realpathSync(folder));
  if (!isOpen(place, real)) throw new SidecarError('file_outside');
  return join(real, basename(wanted));
}

/** The innermost folder of the way that is there already, without links. */
function nearest(folder: string): string {
  const real = realOf(folder);
  if (real !== undefined) return real;
  // A link that leads nowhere would be followed once something is there.
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) throw new SidecarError('file_odd');
  return nearest(dirname(folder));
}

function requireFree(target: string, replace: boolean): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isFile()) throw new SidecarError('file_odd');
  if (!replace) throw new SidecarError('file_exists');
}

async function writeDraft(place: Place, draft: string, from: From, sum: string): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const opened = await open(draft, flags, 0o644);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of piecesOf(place, from)) {
      hash.update(piece);
      await opened.writeFile(piece);
      bytes += piece.length;
    }
    await opened.sync();
  } finally {
    await opened.close();
  }
  if (hash.digest('hex') !== sum) throw new SidecarError('transfer_damaged');
  return bytes;
}

async function* piecesOf(place: Place, from: From): AsyncGenerator<Buffer> {
  if ('data' in from) yield Buffer.from(from.data, 'base64');
  else for (const file of pieceFiles(place, from)) yield await readFile(file);
}

const pieceFiles = (place: Place, { job, pieces }: Extract<From, { job: string }>) =>
  Array.from({ length: pieces }, (_, index) => join(transferDir(place, job), `piece.${index}`));
