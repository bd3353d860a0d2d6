/** An assistant's state as a file on this computer: packed on the machine, carried in pieces, checked as a whole. */
import { createHmac } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import {
  type BackupManifest,
  type BackupService,
  type PackedBackup,
  packedBackup,
  packedFields,
  wasCut,
} from '../../openclaw/backup.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson } from '../../operations/record.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { parseStored } from '../jobs/stored-state.ts';
import { keptKey } from '../limits/own-key.ts';
import { wakeMachine } from '../power/wake.ts';
import { dropPart, finishPart, openPart, type PartFile, requireRoom } from './file.ts';
import { inFlight } from './pieces-ahead.ts';
import type { BackupSeal } from './seal.ts';

export const BACKUP = 'backup';

const backupInput = z.object({ machineId: z.string(), file: z.string(), name: z.string().optional() });
type BackupInput = z.output<typeof backupInput>;

const packedState = z.object({ ...packedFields, version: z.string() });

export interface BackupDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  backups: BackupService;
  clock: Clock;
  /** Of the key that seals archives on their way; it is made at the first backup. */
  keyFile: string;
  seal: BackupSeal;
}

/**
 * Raw bytes of a piece, largest first. Base64 of the first is 512 KiB, which the local API keeps whole; what the cloud
 * keeps of a command's output is not documented, so a smaller piece is tried where one was cut.
 */
const PIECE_SIZES = [384, 192, 96, 48, 24].map((kib) => kib * 1024);
const PIECE_TRIES = 3;
// About 6 MB between two looks at the room that is left.
const PIECES_PER_LOOK = 16;
const MB = 1_000_000;

/** `run` results in `{machine_id, backup{file, bytes, sha256, openclaw_version}}`. */
export function backupKind(deps: BackupDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(backupInput, operation.record.input);
      const { machineId, file } = input;
      await wakeMachine(operation, deps.machines, machineId);
      const key = await sealingKey(deps, operation.id);
      const { version, ...packed } = await orDropped(operation, file, async () => {
        const whole = await packedOnce(operation, deps, input, key);
        await download(operation, deps, input, whole, key);
        return whole;
      });
      await operation.stage('verify');
      const seal = await deps.seal.of(packed.sha256);
      await finishPart(file, operation.id, { sha256: packed.sha256, seal });
      await deps.backups.endTransfer(machineId, operation.id, { signal: operation.signal });
      await operation.note(
        "The file holds the assistant's keys and conversations in the clear: keep it private.",
      );
      const { bytes, sha256, leftOut } = packed;
      if (leftOut > 0)
        await operation.note(`Left out: ${leftOut} link(s) that lead outside, pipes or sockets.`);
      return { machine_id: machineId, backup: { file, bytes, sha256, openclaw_version: version } };
    },
    // What is packed on the machine is of no use: only the record said which file of this computer it is for.
    recover: async () => {
      throw new AppError(
        'not_found',
        'The record of this backup is lost, and with it where its file is; the assistant is as it was',
        { next: 'Look for the file where backups go, or call backup_openclaw again.' },
      );
    },
  };
}

/** Another one for each operation; the machine learns it through an environment that the API does not keep. */
async function sealingKey({ keyFile, clock }: BackupDeps, operationId: string): Promise<Uint8Array> {
  return createHmac('sha256', await keptKey(keyFile, clock))
    .update(operationId)
    .digest();
}

async function packedOnce(
  operation: OperationHandle,
  deps: BackupDeps,
  input: BackupInput,
  key: Uint8Array,
): Promise<PackedBackup & { version: string }> {
  const known = packedState.safeParse(operation.record.state.packed);
  if (known.success) return known.data;
  const { signal } = operation;
  const manifest = await manifestOf(operation, deps, input);
  const job = await lastingJob(operation, deps, input.machineId, () =>
    deps.backups.startBackup(input.machineId, operation.id, manifest, key, { signal }),
  );
  const packed = { ...packedBackup(job), version: manifest.openclaw_version };
  await operation.save({ packed: asJson(packed) });
  return packed;
}

async function manifestOf(
  operation: OperationHandle,
  deps: BackupDeps,
  { machineId, name }: BackupInput,
): Promise<BackupManifest> {
  const probe = await deps.openclaw.probe(machineId, { signal: operation.signal });
  if (probe.openclawVersion === undefined || probe.config === 'missing') {
    throw new AppError('conflict', 'There is no assistant on this machine that could be backed up', {
      next: 'Call list_machines to see which machine has one.',
    });
  }
  return {
    format: 1,
    // Not the time of now: the same operation packs the same, whenever it is continued.
    created_at: operation.record.createdAt,
    machine_id: machineId,
    ...(name !== undefined && { name }),
    openclaw_version: probe.openclawVersion,
    ...(probe.nodeVersion !== undefined && { node_version: probe.nodeVersion }),
    home: probe.home,
  };
}

async function download(
  operation: OperationHandle,
  deps: BackupDeps,
  { machineId, file }: BackupInput,
  packed: PackedBackup,
  key: Uint8Array,
): Promise<void> {
  await operation.stage('download');
  const read = (index: number, bytes: number) =>
    pieceOf(() =>
      deps.backups.readPiece(
        machineId,
        operation.id,
        packed,
        key,
        { index, bytes },
        { signal: operation.signal },
      ),
    );
  const part = await openPart(file, operation.id);
  try {
    if (part.size >= packed.bytes) return;
    await requireRoom(file, packed.bytes - part.size);
    const bytes = await fittingSize(read);
    // An earlier run may have been killed inside a piece.
    const first = Math.floor(part.size / bytes);
    const count = Math.ceil(packed.bytes / bytes);
    const missing = Array.from({ length: count - first }, (_, index) => first + index);
    await inFlight(
      missing,
      (index) => read(index, bytes),
      tellingWriter(operation, part, file, packed, bytes),
    );
  } finally {
    await part.close();
  }
}

function tellingWriter(
  operation: OperationHandle,
  part: PartFile,
  file: string,
  packed: PackedBackup,
  bytes: number,
) {
  return async (piece: Buffer, index: number) => {
    // Others write to this disk too.
    if (index % PIECES_PER_LOOK === 0) await requireRoom(file, piece.length);
    await part.write(piece, index * bytes);
    operation.tell(`${Math.round((index * bytes) / MB)} of ${Math.round(packed.bytes / MB)} MB`);
  };
}

/** An operation that has failed is not continued; one that only this process stops working on is. */
async function orDropped<T>(operation: OperationHandle, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!operation.signal.aborted) await dropPart(file, operation.id);
    throw error;
  }
}

async function fittingSize(read: (index: number, bytes: number) => Promise<Buffer>): Promise<number> {
  for (const bytes of PIECE_SIZES) {
    try {
      await read(0, bytes);
      return bytes;
    } catch (error) {
      if (!wasCut(error)) throw error;
    }
  }
  throw new AppError('unsupported', 'This API keeps too little of what a command prints to carry a backup', {
    next: 'Copy ~/.openclaw from the machine over SSH instead.',
  });
}

async function pieceOf(read: () => Promise<Buffer>): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!isAppError(error, 'unavailable') || tries >= PIECE_TRIES) throw error;
    }
  }
}
