/** A file between an assistant and this computer, carried in pieces by an operation that survives the call and the process. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import { secretScan } from '../../core/secret-scan.ts';
import type { MachineService } from '../../machine/ports.ts';
import { type FilesService, packedFolder } from '../../openclaw/files.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { PieceCarrier, Range } from '../../openclaw/sidecar/pieces.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, parseStored } from '../../operations/record.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { wakeMachine } from '../power/wake.ts';
import { type AllowedFolders, fileToSend, notOrdinary } from './allowed-folders.ts';
import { fetchPieces, orDropped } from './fetch-pieces.ts';
import { dropPart, finishPart, isOnlyName, partSum } from './part-file.ts';
import { realOf } from './real-path.ts';
import { sendPieces } from './send-pieces.ts';

export const SAVE = 'save';
export const SEND = 'send';

/** Larger files are for other means: they would take hours. */
const MAX_BYTES = 2 * 1024 ** 3;

const paths = z.object({ machineId: z.string(), path: z.string(), local: z.string() });
/** `ourName`: nobody chose the name here, so that of a folder's archive says what it is. */
export const saveInput = z.object({ ...paths.shape, ourName: z.literal(true).optional() });
export const sendInput = z.object({ ...paths.shape, replace: z.boolean() });
/** What a folder comes as. */
const ARCHIVE = '.tar.gz';

export interface TransferDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  files: FilesService;
  pieces: PieceCarrier;
  allowed: AllowedFolders;
  /** Values that no file which leaves this computer may hold. */
  secrets: () => Iterable<string>;
}

/** What the kind `save` does. */
export function saveWork(deps: TransferDeps): OperationKind {
  return {
    async run(operation) {
      const { machineId, path, local, ourName } = parseStored(saveInput, operation.record.input);
      const { id } = operation;
      await wakeMachine(operation, deps.machines, machineId);
      const source = await sourceOf(operation, deps, machineId, path);
      requireSize(source.bytes);
      const saved = ourName && source.sha256 !== undefined ? `${local}${ARCHIVE}` : local;
      const sha256 = await orDropped(operation, local, async () => {
        await operation.stage('download');
        await requireUnmoved(local);
        await fetchPieces(operation, { file: local, ...source });
        await operation.stage('verify');
        const sum = source.sha256 ?? (await partSum(local, id));
        await requireUnmoved(local);
        await finishPart(local, id, sum, saved);
        return sum;
      });
      await deps.pieces.end(machineId, id).catch(leftForLater);
      return asJson({ machine_id: machineId, carried: { path, local: saved, bytes: source.bytes, sha256 } });
    },
    async cancel(record) {
      const { machineId, local } = parseStored(saveInput, record.input);
      await dropPart(local, record.id);
      await deps.pieces.end(machineId, record.id).catch(leftForLater);
      return undefined;
    },
    recover: async () => {
      throw lost();
    },
  };
}

/** A folder on the way may have become a link since the path was judged. @throws AppError `invalid_input`. */
async function requireUnmoved(local: string): Promise<void> {
  if ((await realOf(dirname(local))) === dirname(local)) return;
  throw new AppError('invalid_input', 'The folder for this file was moved or replaced meanwhile', {
    next: 'Repeat the call with a path that stays.',
  });
}

/** A machine that sleeps or is gone keeps what was carried; the next transfer of another day removes it. */
function leftForLater(error: unknown): void {
  if (!isAppError(error)) throw error;
}

interface Source {
  bytes: number;
  /** Of an archive; a file's is that of the pieces, each of which was checked. */
  sha256?: string;
  read(at: Range): Promise<Buffer>;
}

const sourceState = z.object({
  mark: z.string().optional(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().optional(),
});

/** Looked at once: what is fetched after an interruption is the rest of the same. */
async function sourceOf(
  operation: OperationHandle,
  deps: TransferDeps,
  machineId: string,
  path: string,
): Promise<Source> {
  const { id, signal } = operation;
  const known = sourceState.safeParse(operation.record.state.source);
  const source = known.success ? known.data : await lookedAt(operation, deps, machineId, path);
  const { mark, bytes, sha256 } = source;
  return {
    bytes,
    ...(sha256 !== undefined && { sha256 }),
    read: (at) =>
      mark === undefined
        ? deps.pieces.readArchive(machineId, id, at, { signal })
        : deps.pieces.readFile(machineId, { path, mark }, at, { signal }),
  };
}

async function lookedAt(
  operation: OperationHandle,
  deps: TransferDeps,
  machineId: string,
  path: string,
): Promise<z.output<typeof sourceState>> {
  const { id, signal } = operation;
  const seen = await deps.files.ask(machineId, 'file_look', { path }, { signal });
  const source = seen.kind === 'file' ? { mark: seen.mark, bytes: seen.bytes } : await packed();
  await operation.save({ source: asJson(source) });
  return source;

  async function packed() {
    const start = () => deps.files.startPacking(machineId, id, path, { signal });
    const { left_out: leftOut, ...archive } = await packedFolder(
      await lastingJob(operation, deps, machineId, start),
    );
    if (leftOut > 0)
      await operation.note(
        `Left out: ${leftOut} link(s) that lead outside, pipes, sockets or names that are no UTF-8.`,
      );
    return archive;
  }
}

function requireSize(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  throw new AppError('unsupported', 'This is larger than 2 GiB, so it was not carried', {
    next: 'Have the assistant split it, or carry it by other means.',
  });
}

function lost(): AppError {
  return new AppError('not_found', 'The record of this transfer is lost, and with it what was to go where', {
    next: 'Look whether the file is there, or call files again.',
  });
}

/** What the kind `send` does. */
export function sendWork(deps: TransferDeps): OperationKind {
  return {
    async run(operation) {
      const { machineId, path, local, replace } = parseStored(sendInput, operation.record.input);
      const { id, signal } = operation;
      const handle = await openToSend(deps, local);
      try {
        const { bytes, sha256 } = await judged(handle, deps.secrets());
        await wakeMachine(operation, deps.machines, machineId);
        // Asked once: in a later run the file that lies there may be the one that this operation has put there.
        if (operation.record.state.admitted !== true) {
          await deps.files.ask(machineId, 'file_may_put', { path, replace, bytes }, { signal });
          await operation.save({ admitted: true });
        }
        await operation.stage('upload');
        const tell = (message: string) => operation.tell(message);
        const count = await sendPieces(handle, deps.pieces, { machineId, job: id, bytes }, tell, { signal });
        await operation.stage('write');
        await deps.files.putTogether(
          machineId,
          { path, replace, sha256, job: id, pieces: count },
          { signal },
        );
        return asJson({ machine_id: machineId, carried: { path, local, bytes, sha256 } });
      } finally {
        await handle.close();
        // Another process goes on with it where this one only stops.
        if (!signal.aborted) await deps.pieces.end(machineId, id).catch(leftForLater);
      }
    },
    async cancel(record) {
      const { machineId } = parseStored(sendInput, record.input);
      await deps.pieces.end(machineId, record.id).catch(leftForLater);
      return undefined;
    },
    recover: async () => {
      throw lost();
    },
  };
}

/** The allowed folders are asked again: whoever goes on with this may have others. */
export async function openToSend(
  { allowed }: Pick<TransferDeps, 'allowed'>,
  local: string,
): Promise<FileHandle> {
  const file = await fileToSend(allowed, local);
  // A pipe in its place must not hold the reader, and a link must not be followed.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(file, flags);
  try {
    // It, or a folder on the way, may have become another meanwhile: judged again, now that it is open.
    if ((await isOnlyName(handle, file)) && (await fileToSend(allowed, local)) === file) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  throw notOrdinary();
}

/** How files begin that are somebody's private key, whatever they are called. */
const PRIVATE_KEYS = ['PRIVATE KEY-----', 'AGE-SECRET-KEY-1', 'PuTTY-User-Key-File'];

/** @throws AppError `invalid_input` for a file that is too large, or holds a secret of this server. */
export async function judged(
  handle: FileHandle,
  secrets: Iterable<string>,
): Promise<{ bytes: number; sha256: string }> {
  const { size: bytes } = await handle.stat();
  requireSize(bytes);
  const scan = secretScan([...secrets, ...PRIVATE_KEYS]);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ autoClose: false, start: 0 })) {
    hash.update(chunk);
    if (scan.finds(chunk)) throw holdsSecret();
  }
  return { bytes, sha256: hash.digest('hex') };
}

function holdsSecret(): AppError {
  return new AppError('invalid_input', 'This file holds a key of this server; nothing of it was sent', {
    next: 'Leave it to the person, or send a file without the key.',
  });
}
