/** What is larger than one answer or request, carried between a machine and this computer in pieces that are each checked. */
import { createHash } from 'node:crypto';
import type { WaitOptions } from '../../core/abort.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { askSidecar, type SidecarMachines } from './ask-sidecar.ts';

/** Milliseconds that one piece may take. */
const PIECE_MS = 60_000;

export interface PieceCarrier {
  /** Of the archive that a job has packed. @throws AppError `unavailable` when it arrived damaged. */
  readArchive(machineId: string, job: string, at: Range, options?: WaitOptions): Promise<Buffer>;
  /** Of a file that did not change since it was looked at. @throws as readArchive, `conflict` when it did. */
  readFile(
    machineId: string,
    file: { path: string; mark: string },
    at: Range,
    options?: WaitOptions,
  ): Promise<Buffer>;
  /** Which pieces of an upload have arrived. */
  list(machineId: string, job: string, options?: WaitOptions): Promise<Set<number>>;
  write(
    machineId: string,
    job: string,
    index: number,
    piece: Uint8Array,
    options?: WaitOptions,
  ): Promise<void>;
  /** Removes what a transfer has left on the machine. */
  end(machineId: string, job: string, options?: WaitOptions): Promise<void>;
}

export interface Range {
  offset: number;
  bytes: number;
}

export function pieceCarrier({ machines }: { machines: SidecarMachines }): PieceCarrier {
  const how = (options: WaitOptions = {}) => ({
    timeoutMs: PIECE_MS,
    rerunnable: true,
    signal: options.signal,
  });
  return {
    async readArchive(machineId, job, { offset, bytes }, options) {
      return checked(
        await askSidecar(machines, machineId, 'transfer_read', { job, offset, bytes }, how(options)),
      );
    },
    async readFile(machineId, { path, mark }, { offset, bytes }, options) {
      const request = { path, mark, offset, bytes };
      return checked(await askSidecar(machines, machineId, 'file_piece', request, how(options)));
    },
    async list(machineId, job, options) {
      return new Set((await askSidecar(machines, machineId, 'transfer_list', { job }, how(options))).have);
    },
    async write(machineId, job, index, piece, options) {
      const request = { job, index, ...packed(piece) };
      await askSidecar(machines, machineId, 'transfer_write', request, how(options));
    },
    async end(machineId, job, options) {
      await askSidecar(machines, machineId, 'transfer_end', { job }, how(options));
    },
  };
}

/** As base64, with its checksum. */
export function packed(bytes: Uint8Array): { data: string; sha256: string } {
  return { data: Buffer.from(bytes).toString('base64'), sha256: sha256(bytes) };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function checked(piece: { data: string; sha256: string }): Buffer {
  const bytes = Buffer.from(piece.data, 'base64');
  if (sha256(bytes) === piece.sha256) return bytes;
  throw damagedPiece();
}

/** What helps is to ask for it once more. */
export const damagedPiece = (): AppError =>
  new AppError('unavailable', 'A piece arrived damaged', {
    next: 'Call get_operation for the same operation, or repeat the call.',
  });

/** Whether a smaller piece may get through where this one did not: the platform cut what a command printed. */
export function wasCut(error: unknown): boolean {
  return isAppError(error, 'command_failed') && error.details.truncated === true;
}
