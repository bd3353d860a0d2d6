/** An assistant's state as a file on this computer: packed on the machine, carried in pieces, checked as a whole. */
import { createHmac } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import {
  type BackupManifest,
  type BackupService,
  type PackedBackup,
  packedBackup,
  packedFields,
} from '../../openclaw/backup.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { PieceCarrier, Range } from '../../openclaw/sidecar/pieces.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, parseStored } from '../../operations/record.ts';
import { fetchPieces, orDropped } from '../files/fetch-pieces.ts';
import { finishPart, partOf, requireRoom, sha256Of } from '../files/part-file.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { computerKey } from '../limits/own-key.ts';
import { writeOwnArchive } from '../move/move-out.ts';
import { movedFile, openMovingFolder } from '../move/moved.ts';
import { wakeMachine } from '../power/wake.ts';
import { machineResult, NOTHING_NEXT } from '../result-fields.ts';
import { finishBackup } from './file.ts';
import { readManifest } from './manifest.ts';
import type { BackupSeal } from './seal.ts';
import { thenRemoved } from './taken-file.ts';

export const BACKUP = 'backup';

export const backupInput = z.object({
  machineId: z.string(),
  file: z.string(),
  name: z.string().optional(),
  /** `openclaw`: as OpenClaw's own command packs it. */
  form: z.enum(['ours', 'openclaw']).default('ours'),
});
type BackupInput = z.output<typeof backupInput>;

const packedState = z.object({ ...packedFields, version: z.string() });
/** `packed` is read by `packedState` when it is used: an older server may have written sizes there that are refused now. */
export const backupState = z.object({ packed: z.json().optional() });

export interface BackupDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  backups: BackupService;
  pieces: PieceCarrier;
  clock: Clock;
  /** Of the key that seals archives on their way; it is made at the first backup. */
  keyFile: string;
  seal: BackupSeal;
  /** In the state folder: backups of ours on their way to or from OpenClaw's own form. */
  movingDir: string;
}

/** What the kind `backup` does. */
export function backupWork(deps: BackupDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(backupInput, operation.record.input);
      const { machineId, file } = input;
      await wakeMachine(operation, deps.machines, machineId);
      const key = await sealingKey(deps, operation.id);
      const save = input.form === 'openclaw' ? saveOwnForm : saveOurs;
      const {
        packed,
        saved,
        unfit = 0,
      } = await orDropped(operation, file, () => save(operation, deps, input, key));
      const seal = await deps.seal.of(saved.sha256);
      await finishBackup(file, operation.id, { sha256: saved.sha256, seal });
      await deps.pieces.end(machineId, operation.id, operation);
      await operation.note(
        "The file holds the assistant's keys and conversations in the clear: keep it private.",
      );
      if (packed.leftOut > 0)
        await operation.note(
          `Left out: ${packed.leftOut} link(s) that lead outside, pipes, sockets or names that are no UTF-8.`,
        );
      if (unfit > 0)
        await operation.note(
          `Left out: ${unfit} file(s) with a backslash in the name, which "openclaw backup" does not take; a backup in our own form holds them.`,
        );
      if (input.form === 'openclaw') for (const note of MOVE_OUT_NOTES) await operation.note(note);
      return { machine_id: machineId, backup: { file, ...saved, openclaw_version: packed.version } };
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

interface Made {
  packed: PackedBackup & { version: string };
  /** What lies in the operation's part of the file. */
  saved: { bytes: number; sha256: string };
  /** How many files OpenClaw's own form cannot hold. */
  unfit?: number;
}

async function saveOurs(
  operation: OperationHandle,
  deps: BackupDeps,
  input: BackupInput,
  key: Uint8Array,
): Promise<Made> {
  const packed = await packedOnce(operation, deps, input, key);
  await download(operation, deps, input, packed, key);
  await operation.stage('verify');
  return { packed, saved: { bytes: packed.bytes, sha256: packed.sha256 } };
}

/** By way of a backup of ours in the server's own folder, which does not outlive the operation. */
async function saveOwnForm(
  operation: OperationHandle,
  deps: BackupDeps,
  input: BackupInput,
  key: Uint8Array,
): Promise<Made> {
  const { movingDir } = deps;
  await openMovingFolder(movingDir, deps.clock);
  return thenRemoved(operation, deps, async () => {
    const file = movedFile(movingDir, operation.id);
    const { packed } = await orDropped(operation, file, () =>
      saveOurs(operation, deps, { ...input, file }, key),
    );
    await finishPart(file, operation.id, packed.sha256);
    const token = createHmac('sha256', key).update('gateway token').digest('hex');
    await requireRoom(input.file, packed.bytes * 2);
    const draft = partOf(input.file, operation.id);
    const unfit = await writeOwnArchive(file, draft, { manifest: await readManifest(file), token });
    const { size: bytes } = await stat(draft);
    return { packed, saved: { bytes, sha256: await sha256Of(draft) }, unfit };
  });
}

const MOVE_OUT_NOTES = [
  '"openclaw backup verify" checks it and "openclaw backup restore" unpacks it; its .openclaw folder then goes to the home of the new place. It has a gateway token of its own, and a daily limit does not come along.',
  'Two assistants must never answer one channel: before the new one starts, switch off here what it is to answer there (configure_openclaw with set "channels.NAME.enabled" false, run_openclaw with cron, disable), or let this machine sleep.',
  `Automations stand under their old home: in the new place, before the first start, run sqlite3 ~/.openclaw/state/openclaw.sqlite "UPDATE cron_jobs SET store_key='$HOME/.openclaw/cron/jobs.json'", or they do not run.`,
];

/** A key of its own for each operation. The machine gets it in the environment of a command, whose values the API does not keep. */
async function sealingKey({ keyFile, clock }: BackupDeps, operationId: string): Promise<Uint8Array> {
  return createHmac('sha256', await computerKey(keyFile, clock))
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
  const manifest = await manifestOf(operation, deps, input);
  const job = await lastingJob(operation, deps, input.machineId, () =>
    deps.backups.startBackup(input.machineId, operation.id, manifest, key, operation),
  );
  const packed = { ...(await packedBackup(job)), version: manifest.openclaw_version };
  await operation.save({ packed: asJson(packed) });
  return packed;
}

async function manifestOf(
  operation: OperationHandle,
  deps: BackupDeps,
  { machineId, name }: BackupInput,
): Promise<BackupManifest> {
  const probe = await deps.openclaw.probe(machineId, operation);
  if (probe.openclaw_version === undefined || probe.config === 'missing') {
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
    openclaw_version: probe.openclaw_version,
    ...(probe.node_version !== undefined && { node_version: probe.node_version }),
    home: probe.home,
  };
}

async function download(
  operation: OperationHandle,
  { backups }: BackupDeps,
  { machineId, file }: BackupInput,
  packed: PackedBackup,
  key: Uint8Array,
): Promise<void> {
  await operation.stage('download');
  const { id, signal } = operation;
  const read = (at: Range) => backups.readPiece(machineId, id, packed, key, at, { signal });
  await fetchPieces(operation, { file, bytes: packed.bytes, read });
}

export const backupFile = z.object({
  file: z.string().describe('On this computer; holds secrets.'),
  bytes: z.number(),
  sha256: z.string(),
  openclaw_version: z.string().optional().describe('Where anything in the file names it.'),
  created_at: z.string().optional(),
});

export function backupDetail(made: z.output<typeof backupFile> | undefined): string | undefined {
  return made && `file ${made.file} (${made.bytes} bytes, sha256 ${made.sha256})`;
}

export const backup = declareKind({
  name: BACKUP,
  input: backupInput,
  state: backupState,
  result: machineResult.extend({ backup: backupFile }),
  // Half of a state that is being replaced is no backup.
  notBeside: ['upgrade', 'restore'],
  work: backupWork,
  words: {
    subject: 'The backup',
    noun: 'a backup',
    details: ({ backup: made }) => [backupDetail(made)],
    next: () => NOTHING_NEXT,
  },
});
