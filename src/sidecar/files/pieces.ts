/** Pieces on their way between this machine and its owner's computer; what they hold is no text, so each checks itself. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ageMs, systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { secretScan } from '../../core/secret-scan.ts';
import { mcpDir, type Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { namesIn } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { secretValues } from '../state/secret-values.ts';
import { orRefusal, readRange, withFile } from './open-file.ts';

/** Of one piece, so that no reply is larger than an answer may be. */
const MAX_PIECE = 1024 * 1024;
/** Longer than any secret in any form. */
const BEFORE = 8 * 1024;
/** Whoever wanted a transfer of yesterday has given up, and it fills the disk. */
const OLD_MS = 24 * 60 * 60 * 1000;

export const transferDir = (place: Place, job: string): string => join(mcpDir(place), 'transfer', job);

/** @throws SidecarError `file_changed`; `file_holds_secret` for one that this machine knows. */
export function readFilePiece(place: Place, request: RequestOf<'file_piece'>): ReplyOf<'file_piece'> {
  const { path, mark, offset, bytes } = request;
  return withFile(place, path, (opened, file) => {
    if (file.mark !== mark) throw new SidecarError('file_changed');
    const from = Math.max(0, offset - BEFORE);
    const range = readRange(opened, from, Math.min(bytes, MAX_PIECE) + offset - from);
    if (secretScan(secretValues(place)).finds(range)) throw new SidecarError('file_holds_secret');
    return pieceOf(range.subarray(offset - from));
  });
}

/** @throws SidecarError `transfer_missing`. */
export function readTransfer(
  place: Place,
  { job, offset, bytes }: RequestOf<'transfer_read'>,
): ReplyOf<'transfer_read'> {
  const archive = join(transferDir(place, job), 'archive');
  const opened = attempt(() => openSync(archive, constants.O_RDONLY | constants.O_NOFOLLOW), undefined);
  if (opened === undefined) throw new SidecarError('transfer_missing');
  try {
    return pieceOf(readRange(opened, offset, Math.min(bytes, MAX_PIECE)));
  } finally {
    closeSync(opened);
  }
}

const pieceOf = (bytes: Buffer) => ({ data: bytes.toString('base64'), sha256: sha256(bytes) });

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Whole or not at all. @throws SidecarError `input_damaged`, `file_no_room`. */
export function writeTransfer(place: Place, { job, index, data, sha256: sum }: RequestOf<'transfer_write'>) {
  const bytes = Buffer.from(data, 'base64');
  if (sha256(bytes) !== sum) throw new SidecarError('input_damaged');
  const folder = transferDir(place, job);
  const piece = join(folder, `piece.${index}`);
  orRefusal(() => {
    if (index === 0) dropOldTransfers(place);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(`${piece}.new`, bytes, { mode: 0o600 });
      renameSync(`${piece}.new`, piece);
    } catch (error) {
      rmSync(`${piece}.new`, { force: true });
      throw error;
    }
  });
  return {};
}

export function listTransfer(place: Place, { job }: RequestOf<'transfer_list'>): ReplyOf<'transfer_list'> {
  const names = namesIn(transferDir(place, job));
  return { have: names.flatMap((name) => (/^piece\.\d{1,9}$/.test(name) ? [Number(name.slice(6))] : [])) };
}

export function endTransfer(place: Place, { job }: RequestOf<'transfer_end'>) {
  rmSync(transferDir(place, job), { recursive: true, force: true });
  return {};
}

export function dropOldTransfers(place: Place): void {
  const all = join(mcpDir(place), 'transfer');
  for (const name of namesIn(all)) {
    const { mtime } = statSync(join(all, name), { throwIfNoEntry: false }) ?? {};
    if (mtime !== undefined && ageMs(mtime.toISOString(), systemClock.now()) > OLD_MS)
      rmSync(join(all, name), { recursive: true, force: true });
  }
}
