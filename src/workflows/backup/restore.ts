/** A backup on this computer becomes the state of an assistant: carried up in pieces, put in place, or undone. */
import { open } from 'node:fs/promises';
import semver from 'semver';
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import type { GatewayService } from '../../gateway/ports.ts';
import type { MachineService } from '../../machine/ports.ts';
import { type BackupService, restoreFailure } from '../../openclaw/backup.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { CommandService } from '../../openclaw/run-command.ts';
import type { PieceCarrier } from '../../openclaw/sidecar/pieces.ts';
import { carriedPlugins, pluginNotes } from '../../openclaw/state-change.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, type JsonObject, parseStored } from '../../operations/record.ts';
import { NOT_HERE } from '../../operations/running.ts';
import { isRecovered } from '../deploy/recover.ts';
import { countOfPieces, sendPieces } from '../files/send-pieces.ts';
import { recoveredJob, recoverJob } from '../jobs/recover.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { movedIn, movedInResult } from '../move/arrived.ts';
import { wakeMachine } from '../power/wake.ts';
import { chatNext, openclawDetail, versionResult } from '../result-fields.ts';
import { backupDetail, backupFile } from './backup.ts';
import { readManifest } from './manifest.ts';
import {
  type CheckedBackup,
  checkedFile,
  consentState,
  ourForm,
  requireTrust,
  type Taken,
  type TakenDeps,
  thenRemoved,
} from './taken-file.ts';

export const RESTORE = 'restore';
const AGAIN =
  'Call list_sessions to see what the assistant knows, then the restore again if it is still wanted.';

export const restoreInput = z.object({
  machineId: z.string(),
  file: z.string(),
  replace: z.boolean(),
  confirmation: z.string().optional(),
});
type RestoreInput = z.output<typeof restoreInput>;

/** `free`: the machine was seen without conversations of its own. `uploaded`: the whole file is, or was, on it. */
export const restoreState = consentState.extend({
  free: z.boolean().optional(),
  uploaded: z.boolean().optional(),
});

export interface RestoreDeps extends TakenDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  backups: BackupService;
  pieces: PieceCarrier;
  gateway: Pick<GatewayService, 'listSessions'>;
  commands: CommandService;
  /** The only machine whose backups may be read, where the server was started for one. */
  pinned: string | undefined;
}

const MIB = 1024 * 1024;
/** For the gateway's own files while both states lie on the disk. */
const SPARE_MIB = 128;

/** What the kind `restore` does. */
export function restoreWork(deps: RestoreDeps): OperationKind {
  return {
    async run(operation) {
      if (isRecovered(operation.record)) return recoveredRestore(operation, deps);
      const input = parseStored(restoreInput, operation.record.input);
      const { file } = input;
      await operation.stage('check');
      await requireBackupOf(file, deps.pinned);
      const taken = await ourForm(operation, deps, file);
      return thenRemoved(operation, deps, () => restoreFile(operation, deps, input, taken));
    },
    recover: (id, machineId) => recoverJob(deps, id, machineId, AGAIN),
  };
}

async function restoreFile(
  operation: OperationHandle,
  deps: RestoreDeps,
  input: RestoreInput,
  taken: Taken,
): Promise<JsonObject> {
  const { machineId, file } = input;
  const checked = await checkedFile(taken);
  const { manifest, sha256 } = checked;
  await requireTrust(operation, deps, input, checked);
  await wakeMachine(operation, deps.machines, machineId);
  const openclawVersion = await fittingMachine(operation, deps, input, checked);
  const bytes = checked.packedBytes;
  const job = await orTidied(operation, deps, machineId, async () => {
    const pieces = await upload(operation, deps, { machineId, file: taken.file });
    const restored = { pieces, sha256, manifest, openclawVersion, moved: taken.found !== undefined };
    const done = await lastingJob(operation, deps, machineId, () =>
      deps.backups.startRestore(machineId, operation.id, restored, operation),
    );
    const failure = restoreFailure(done);
    if (failure) throw failure;
    return done;
  });
  for (const note of pluginNotes(carriedPlugins(job.result))) await operation.note(note);
  await operation.note('What the machine had before is kept aside on it, until the next restore.');
  const { created_at } = manifest;
  // The manifest of a state that moves in is of our making, and says some version also where nobody knows it.
  const version = taken.found === undefined ? manifest.openclaw_version : taken.found.version;
  const backup = { file, bytes, sha256: taken.sha256, openclaw_version: version, created_at };
  const done = { machine_id: machineId, openclaw_version: openclawVersion, backup };
  if (taken.found === undefined) return asJson(done);
  return asJson({ ...done, moved_in: await movedIn(operation, deps, machineId, taken.found) });
}

async function recoveredRestore(operation: OperationHandle, { openclaw }: RestoreDeps): Promise<JsonObject> {
  const machineId = String(operation.record.input.machineId);
  const failure = restoreFailure(await recoveredJob(operation, openclaw, machineId, AGAIN));
  if (failure) throw failure;
  const { openclaw_version: openclawVersion } = await openclaw.probe(machineId, operation);
  return asJson({ machine_id: machineId, openclaw_version: openclawVersion });
}

/**
 * A pin covers the files of this computer too: a backup holds another assistant's conversations and keys.
 * @throws AppError `unsupported` for a backup of any other machine than the pinned one; as readManifest.
 */
export async function requireBackupOf(file: string, pinned: string | undefined): Promise<void> {
  if (pinned === undefined || (await readManifest(file)).machine_id === pinned) return;
  throw new AppError(
    'unsupported',
    'This server is pinned by OPENCLAW_MCP_MACHINE_ID, and the backup is of another machine; nothing was changed',
    {
      next: 'Restore a backup of the pinned machine, or ask the owner of this server.',
      // A server without a pin may have begun it, and can go on with it.
      details: { reason: NOT_HERE },
    },
  );
}

/** What a failed restore has carried to the machine is a whole backup with keys in it: it does not stay there. */
async function orTidied<T>(
  operation: OperationHandle,
  { pieces }: RestoreDeps,
  machineId: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Another process goes on with it.
    if (operation.signal.aborted) throw error;
    try {
      await pieces.end(machineId, operation.id, operation);
    } catch (left) {
      if (!isAppError(left)) throw left;
      await operation.note('What was carried to the machine could not be removed: the next backup does so.');
    }
    throw error;
  }
}

/** The version on the machine. @throws AppError `conflict` when this backup must not or cannot go there. */
async function fittingMachine(
  operation: OperationHandle,
  deps: RestoreDeps,
  { machineId, replace }: RestoreInput,
  { manifest, bytes, packedBytes }: CheckedBackup,
): Promise<string> {
  const seen = await deps.openclaw.probe(machineId, operation);
  const { openclaw_version: openclawVersion, config, disk_free_mib: free } = seen;
  if (openclawVersion === undefined || config === 'missing') {
    throw new AppError('conflict', 'OpenClaw is not installed whole on this machine; nothing was changed', {
      next: `Call deploy_openclaw with machine_id "${machineId}" first.`,
    });
  }
  if (semver.lt(openclawVersion, semver.valid(manifest.openclaw_version) ?? '0.0.0')) {
    throw new AppError(
      'conflict',
      `The backup is of a newer OpenClaw than the ${openclawVersion} on this machine, which cannot read it; nothing was changed`,
      { next: `Call upgrade_openclaw with machine_id "${machineId}" first.` },
    );
  }
  // Once it was carried up, or unpacked, part of that is in use already.
  const missing = (bytes + packedBytes) / MIB + SPARE_MIB - free;
  if (missing > 0 && operation.record.state.uploaded !== true) {
    throw new AppError(
      'conflict',
      `The backup unpacks to ${Math.ceil(bytes / MIB)} MiB, and the machine has room for ${free} MiB; nothing was changed`,
      {
        next: 'Call repair_openclaw, which makes room and names what is full; then configure_openclaw with a larger storage_gib, or restore onto a larger machine.',
      },
    );
  }
  // Once: after the restore the machine has the sessions of the backup.
  if (!replace && operation.record.state.free !== true) {
    await requireNoSessions(operation, deps, machineId);
    await operation.save({ free: true });
  }
  return openclawVersion;
}

async function requireNoSessions(
  operation: OperationHandle,
  deps: RestoreDeps,
  machineId: string,
): Promise<void> {
  await deps.openclaw.startGateway(machineId, operation);
  const { sessions } = await deps.gateway.listSessions(machineId, { limit: 1, signal: operation.signal });
  if (sessions.length === 0) return;
  throw new AppError(
    'conflict',
    'The assistant on this machine has conversations of its own, which the restore would replace; nothing was changed',
    {
      next: 'Restore onto a newly deployed machine, or pass replace true if the person agrees to lose them.',
    },
  );
}

/** Carries up what is not there yet. @returns the number of pieces. */
async function upload(
  operation: OperationHandle,
  { pieces }: RestoreDeps,
  { machineId, file }: Pick<RestoreInput, 'machineId' | 'file'>,
): Promise<number> {
  await operation.stage('upload');
  const { id, signal } = operation;
  const handle = await open(file);
  try {
    const { size: bytes } = await handle.stat();
    // The job on the machine has removed the pieces once it is done with them.
    if (operation.record.state.uploaded === true) return countOfPieces(bytes);
    const sent = { machineId, job: id, bytes };
    const count = await sendPieces(handle, pieces, sent, (message) => operation.tell(message), { signal });
    await operation.save({ uploaded: true });
    return count;
  } finally {
    await handle.close();
  }
}

export const restore = declareKind({
  name: RESTORE,
  input: restoreInput,
  state: restoreState,
  result: versionResult.extend({
    backup: backupFile,
    moved_in: movedInResult.optional(),
  }),
  notBeside: ['configure', 'upgrade', 'backup', 'deploy', 'repair'],
  work: restoreWork,
  words: {
    subject: 'The restore',
    noun: 'a restore',
    details: ({ openclaw_version, backup }) => [openclawDetail(openclaw_version), backupDetail(backup)],
    next: chatNext,
    quotes: ({ moved_in }) => [
      ...(moved_in?.automations_off ?? []).map(({ id, name }) => ({ label: `automation ${id}`, text: name })),
      ...(moved_in?.plugins ?? []).map((text) => ({ label: 'plugin', text })),
    ],
    fromOthers: ({ moved_in }) => (moved_in === undefined ? [] : ['moved_in']),
  },
});
