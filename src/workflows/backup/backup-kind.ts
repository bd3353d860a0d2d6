/** Backups as a kind of operation: an assistant's state as a file of this computer. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import { machineResult, NOTHING_NEXT } from '../result-fields.ts';
import { BACKUP, backupInput, backupState, backupWork } from './backup.ts';

export const backupFile = z.object({
  file: z.string().describe('On this computer; holds secrets.'),
  bytes: z.number(),
  sha256: z.string(),
  openclaw_version: z.string(),
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
