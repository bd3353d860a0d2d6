/** A file that is to be restored: in our own form, whole, and trusted by a person where it was not made here. */
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { BackupManifest } from '../../openclaw/backup.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';
import type { Confirmations } from '../destroy/confirmations.ts';
import { sha256Of } from '../files/part-file.ts';
import { dropMoved, moved } from '../move/moved.ts';
import { type Found, movedWords } from '../move/sentences.ts';
import { besideBackup } from './file.ts';
import { type JudgedBackup, judgeBackup } from './judge.ts';
import { beginsAsOurs, readManifest } from './manifest.ts';
import type { BackupSeal } from './seal.ts';

export interface TakenDeps {
  clock: Clock;
  confirmations: Confirmations;
  seal: BackupSeal;
  /** In the state folder: what is made of archives of OpenClaw's own, for as long as their restore takes. */
  movingDir: string;
}

/** `consented`: the person knows what it brings. */
export const consentState = z.object({ consented: z.boolean().default(false) });

/** What is restored: the file itself, or what was made of an archive of OpenClaw's own. */
export interface Taken {
  file: string;
  /** Of the file that the person has. */
  sha256: string;
  original: string;
  /** Of an assistant that moves in. */
  found: Found | undefined;
}

/**
 * Nothing that an earlier run made stays where this fails.
 * @throws AppError `invalid_input` for what is no backup.
 */
export async function ourForm(
  operation: Pick<OperationHandle, 'id' | 'signal'>,
  deps: Pick<TakenDeps, 'movingDir' | 'clock'>,
  original: string,
): Promise<Taken> {
  try {
    const sha256 = await sha256Of(original);
    if (await beginsAsOurs(original)) return { file: original, sha256, original, found: undefined };
    return { original, sha256, ...(await moved(original, operation.id, deps)) };
  } catch (error) {
    if (!operation.signal.aborted) await dropMoved(deps.movingDir, operation.id);
    throw error;
  }
}

/** Removes what was made of an archive once `work` has ended, however it ended: it holds the old assistant's keys. */
export async function thenRemoved<T>(
  operation: OperationHandle,
  { movingDir }: Pick<TakenDeps, 'movingDir'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    // Another process goes on with it.
    if (!operation.signal.aborted) await dropMoved(movingDir, operation.id);
  }
}

export interface CheckedBackup extends JudgedBackup {
  manifest: BackupManifest;
  sha256: string;
  /** Of the file that the person has, where it is another. */
  whole: string;
  seal: string | undefined;
  packedBytes: number;
  found: Found | undefined;
}

/** @throws AppError `invalid_input` when the file is damaged, no backup, or one that must not be unpacked. */
export async function checkedFile({ file, original, sha256: whole, found }: Taken): Promise<CheckedBackup> {
  const [manifest, sha256, beside, { size: packedBytes }] = await Promise.all([
    readManifest(file),
    sha256Of(file),
    besideBackup(original),
    stat(file),
  ]);
  if (beside !== undefined && beside.sha256 !== whole) {
    throw new AppError('invalid_input', 'The backup is damaged: it is not what its checksum says', {
      next: 'Restore another backup.',
    });
  }
  const judged = await judgeBackup(file);
  return { manifest, sha256, whole, found, seal: beside?.seal, packedBytes, ...judged };
}

/**
 * A backup is a program: one that was not made here is restored only once a person knows what it brings.
 * @throws AppError `conflict` with all that it brings, and the confirmation that a second call needs.
 */
export async function requireTrust(
  operation: OperationHandle,
  { seal, confirmations }: TakenDeps,
  { machineId, confirmation }: { machineId: string; confirmation?: string | undefined },
  backup: CheckedBackup,
): Promise<void> {
  if (parseStored(consentState, operation.record.state).consented) return;
  const shown = { subject: machineId, state: backup.whole };
  if (backup.found === undefined && (await seal.isOurs(backup.whole, backup.seal))) return;
  if (confirmation === undefined) {
    const { token } = await confirmations.give(shown);
    throw new AppError(
      'conflict',
      `Nothing was restored yet: this backup was not made on this computer, and a backup is a program. It would get the provider keys of this machine, and decides where conversations go${movedSentence(backup.found)}`,
      {
        next: `Show the person what it brings. Only if they trust its maker: call backup_openclaw with action "restore", the same file and confirmation "${token}" within ten minutes.`,
        foreign: backup.brings === '' ? 'It names no address and no program.' : backup.brings,
      },
    );
  }
  await confirmations.require(confirmation, shown);
  await operation.save({ consented: true });
}

const movedSentence = (found: Found | undefined) =>
  found === undefined
    ? ''
    : `. It is an assistant of OpenClaw's own that moves in. ${movedWords(found).join(' ')}`;
