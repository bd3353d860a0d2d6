/** Restores as a kind of operation: a backup becomes the state of an assistant. */
import { declareKind } from '../../operations/kind.ts';
import { movedInResult } from '../move/arrived.ts';
import { chatNext, openclawDetail, versionResult } from '../result-fields.ts';
import { backupDetail, backupFile } from './backup-kind.ts';
import { RESTORE, restoreInput, restoreState, restoreWork } from './restore.ts';

export const restore = declareKind({
  name: RESTORE,
  input: restoreInput,
  state: restoreState,
  result: versionResult.extend({ backup: backupFile, moved_in: movedInResult.optional() }),
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
