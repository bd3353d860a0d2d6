/** A file of a machine arrives here: in pieces that are each checked, several ahead, from where an earlier run stopped. */
import { AppError, isAppError } from '../../core/errors.ts';
import type { Range } from '../../openclaw/sidecar/pieces.ts';
import { damagedPiece, wasCut } from '../../openclaw/sidecar/pieces.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { dropPart, openPart, type PartFile, requireRoom } from './part-file.ts';
import { inFlight } from './pieces-ahead.ts';

/**
 * Raw bytes of a piece, largest first. As base64, packed and as base64 again the first fits into one answer; what the
 * cloud keeps of a command's output is not documented, so a smaller piece is tried where one was cut.
 */
const PIECE_SIZES = [368, 184, 92, 46, 23].map((kib) => kib * 1024);
const PIECE_TRIES = 3;
// About 6 MB between two looks at the room that is left.
const PIECES_PER_LOOK = 16;
const MB = 1_000_000;

export interface Fetched {
  /** Where it is to lie here, once it is whole. */
  file: string;
  bytes: number;
  read(at: Range): Promise<Buffer>;
}

/** Into the operation's part of `file`, which `finishPart` gives its name. @throws what `read` throws. */
export async function fetchPieces(operation: OperationHandle, fetched: Fetched): Promise<void> {
  const { file, bytes } = fetched;
  const read = (index: number, size: number) =>
    retried(async () => {
      const piece = await fetched.read({ offset: index * size, bytes: size });
      // The checksum is made of what was written here, so a piece that is too short would not be noticed later.
      if (piece.length === Math.min(size, bytes - index * size)) return piece;
      throw damagedPiece();
    });
  const part = await openPart(file, operation.id);
  try {
    if (part.size >= bytes) return;
    await requireRoom(file, bytes - part.size);
    const size = await fittingSize(read);
    // An earlier run may have been killed inside a piece.
    const first = Math.floor(part.size / size);
    const missing = Array.from({ length: Math.ceil(bytes / size) - first }, (_, index) => first + index);
    await inFlight(missing, (index) => read(index, size), tellingWriter(operation, part, fetched, size));
  } finally {
    await part.close();
  }
}

function tellingWriter(operation: OperationHandle, part: PartFile, { file, bytes }: Fetched, size: number) {
  return async (piece: Buffer, index: number) => {
    // Others write to this disk too.
    if (index % PIECES_PER_LOOK === 0) await requireRoom(file, piece.length);
    await part.write(piece, index * size);
    operation.tell(`${Math.round((index * size) / MB)} of ${Math.round(bytes / MB)} MB`);
  };
}

/** An operation that has failed is not continued; one that only this process stops working on is. */
export async function orDropped<T>(
  operation: OperationHandle,
  file: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!operation.signal.aborted) await dropPart(file, operation.id);
    throw error;
  }
}

async function fittingSize(read: (index: number, size: number) => Promise<Buffer>): Promise<number> {
  for (const size of PIECE_SIZES) {
    try {
      await read(0, size);
      return size;
    } catch (error) {
      if (!wasCut(error)) throw error;
    }
  }
  throw new AppError('unsupported', 'This API keeps too little of what a command prints to carry a file', {
    next: 'Copy it from the machine over SSH instead.',
  });
}

async function retried(read: () => Promise<Buffer>): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!isAppError(error, 'unavailable') || tries >= PIECE_TRIES) throw error;
    }
  }
}
