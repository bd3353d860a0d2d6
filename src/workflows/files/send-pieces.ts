/** A file of this computer goes to a machine: in pieces that are each checked, and only those that are not there yet. */
import type { FileHandle } from 'node:fs/promises';
import type { WaitOptions } from '../../core/abort.ts';
import type { PieceCarrier } from '../../openclaw/sidecar/pieces.ts';
import { readAt } from './part-file.ts';
import { inFlight } from './pieces-ahead.ts';

/** Fits into one request; Linux allows 2 MiB of variables together. */
const PIECE_BYTES = 368 * 1024;
const MB = 1_000_000;

export interface Sent {
  machineId: string;
  /** Under which name the machine keeps the pieces until they are put to use. */
  job: string;
  bytes: number;
}

export const countOfPieces = (bytes: number): number => Math.ceil(bytes / PIECE_BYTES);

/** @param tell how far it is. @returns the number of pieces. */
export async function sendPieces(
  handle: FileHandle,
  pieces: Pick<PieceCarrier, 'list' | 'write'>,
  { machineId, job, bytes }: Sent,
  tell: (message: string) => void,
  options: WaitOptions,
): Promise<number> {
  const count = countOfPieces(bytes);
  const have = await pieces.list(machineId, job, options);
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !have.has(index));
  const send = async (index: number) => {
    const piece = await readAt(
      handle,
      index * PIECE_BYTES,
      Math.min(PIECE_BYTES, bytes - index * PIECE_BYTES),
    );
    await pieces.write(machineId, job, index, piece, options);
  };
  await inFlight(missing, send, async (_, index) => {
    tell(`${Math.round((index * PIECE_BYTES) / MB)} of ${Math.round(bytes / MB)} MB`);
  });
  return count;
}
