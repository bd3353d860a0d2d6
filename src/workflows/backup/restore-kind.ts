/** Restores as a kind of operation: a backup becomes the state of an assistant. */
import { declareKind } from '../../operations/kind.ts';
import { chatNext, openclawDetail, versionResult } from '../result-fields.ts';
import { backupDetail, backupFile } from './backup-kind.ts';
import { RESTORE, restoreInput, restoreState, restoreWork } from './restore.ts';

export const restore = declareKind({
  name: RESTORE,
  input: restoreInput,
  state: restoreState,
  result: versionResult.extend({ backup: backupFile }),
  notBeside: ['configure', 'upgrade', 'backup', 'deploy', 'repair'],
  work: restoreWork,
  words: {
    subject: 'The restore',
    noun: 'a restore',
    details: ({ openclaw_version, backup }) => [openclawDetail(openclaw_version), backupDetail(backup)],
    next: chatNext,
  },
});
