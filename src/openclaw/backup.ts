/** A backup between a machine and this computer: packed and restored by jobs, carried in pieces that are each checked. */
import { createDecipheriv } from 'node:crypto';
import * as z from 'zod';
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import { schemas } from '../sidecar/protocol.ts';
import { ownAddresses, PROVIDERS } from './catalog/providers.ts';
import { GATEWAY_SETTINGS, settingsDemanded } from './catalog/settings.ts';
import type { OpenClawDeps } from './openclaw-service.ts';
import { LEFT_TABLES } from './own-archive.ts';
import type { JobSnapshot } from './ports.ts';
import { readAs, startJob } from './sidecar/ask-sidecar.ts';
import { pieceCarrier, type Range } from './sidecar/pieces.ts';
import { CHANNEL_PLUGINS, rollbackError } from './state-change.ts';

const BLOCK = 16;

const version = z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}(?:[-+][0-9A-Za-z.-]{1,40})?$/);

/** What a backup says about itself, in its first file: perhaps a stranger's words, so each field by its own grammar. */
export const backupManifest = z.object({
  format: z.literal(1),
  created_at: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/),
  machine_id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,80}$/),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/)
    .optional()
    .catch(undefined),
  openclaw_version: version,
  node_version: version.optional().catch(undefined),
  /** The machine's home; some files name places under it. */
  home: z
    .string()
    .max(1024)
    .regex(/^\/[^\p{Cc}]*$/u),
});
export type BackupManifest = z.output<typeof backupManifest>;

export interface RestoreInput {
  /** Number of pieces, and the checksum of all of them together. */
  pieces: number;
  sha256: string;
  manifest: BackupManifest;
  /** Of the machine that it is restored on. */
  openclawVersion: string;
  /** It comes from another computer, where it may still be at work. */
  moved: boolean;
}

export type BackupService = ReturnType<typeof backupService>;

export function backupService(deps: OpenClawDeps) {
  const pieces = pieceCarrier(deps);
  return {
    /** Starts or joins the job that packs. @param key 32 bytes. */
    startBackup(
      machineId: string,
      jobId: string,
      manifest: BackupManifest,
      key: Uint8Array,
      options?: WaitOptions,
    ) {
      const request = { manifest, key: Buffer.from(key).toString('hex') };
      return startJob(deps, machineId, { id: jobId, kind: 'backup', request }, options);
    },
    /** A part of the packed archive that begins at a whole block, decrypted. @throws AppError `unavailable` when it arrived damaged or cut. */
    async readPiece(
      machineId: string,
      jobId: string,
      packed: PackedBackup,
      key: Uint8Array,
      { offset, bytes }: Range,
      options?: WaitOptions,
    ): Promise<Buffer> {
      const sealed = await pieces.readArchive(machineId, jobId, { offset, bytes }, options);
      if (sealed.length === Math.min(bytes, packed.bytes - offset))
        return opened(sealed, packed, key, offset);
      throw new AppError('unavailable', 'A piece of the backup arrived cut', {
        next: 'Call get_operation for the same operation, or call backup_openclaw again.',
      });
    },
    /** Starts or joins the job that puts the uploaded backup in place, and the old state back when it does not work. */
    startRestore(machineId: string, jobId: string, input: RestoreInput, options?: WaitOptions) {
      const { pieces: count, sha256, manifest, openclawVersion, moved } = input;
      const backup = {
        pieces: count,
        sha256,
        old_home: manifest.home,
        gateway: GATEWAY_SETTINGS,
        addresses: ownAddresses(deps.providers ?? []),
        providers: PROVIDERS.map(({ id }) => id),
        defaults: { ...settingsDemanded(openclawVersion) },
        ...(moved && { emptied: [...LEFT_TABLES] }),
      };
      const request = { backup, plugins: CHANNEL_PLUGINS, registry: deps.npmRegistry };
      return startJob(deps, machineId, { id: jobId, kind: 'restore', request }, options);
    },
  };
}

/** Counter mode decrypts from any block on: its counter is the iv plus the number of the block. */
function opened(sealed: Buffer, packed: PackedBackup, key: Uint8Array, offset: number): Buffer {
  const counter = (BigInt(`0x${packed.iv}`) + BigInt(offset / BLOCK)) % (1n << 128n);
  const decipher = createDecipheriv(
    'aes-256-ctr',
    key,
    Buffer.from(counter.toString(16).padStart(32, '0'), 'hex'),
  );
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

/** Larger than any state that was seen by a hundred times. What a machine claims beyond this is not believed. */
const MAX_BACKUP_BYTES = 16 * 1024 ** 3;

/** Of an archive that lies on a machine, encrypted with a key that only this computer has; as the machine or a record tells it. */
export const packedFields = {
  bytes: z.coerce.number().int().positive().max(MAX_BACKUP_BYTES),
  /** Hex, of the archive before encryption. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  iv: z.string().regex(/^[0-9a-f]{32}$/),
  /** Pipes, sockets and links that lead outside, which are in no backup. */
  leftOut: z.number().int().nonnegative().default(0),
};
const packedOutput = z.object(packedFields);
export type PackedBackup = z.output<typeof packedOutput>;

/** @throws AppError `command_failed` when it is not what the job prints. */
export async function packedBackup({ result }: JobSnapshot): Promise<PackedBackup> {
  const { PACK } = await schemas();
  const { left_out: leftOut, ...packed } = readAs(PACK.reply, result.packed);
  const read = packedOutput.safeParse({ ...packed, leftOut });
  if (read.success) return read.data;
  if (packed.bytes > MAX_BACKUP_BYTES) {
    throw new AppError('unsupported', 'The machine says that its backup is larger than 16 GiB', {
      next: 'Call gateway_status to see what the machine holds; have the assistant remove what is not needed.',
    });
  }
  throw new AppError('command_failed', "The machine's account of a backup cannot be read");
}

/** Why a restore was undone; undefined when the gateway works with what was restored. */
export function restoreFailure({ result }: JobSnapshot): AppError | undefined {
  if (result.rolled_back !== 'yes') return undefined;
  const failed = 'The gateway does not work with this backup';
  return rollbackError(
    result,
    failed,
    'the state of before is back, and works',
    'the state of before is back, but does not work',
  );
}
