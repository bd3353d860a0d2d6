/** Whether a backup was made on this computer: its checksum under a key that only this computer has. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { computerKey } from '../limits/own-key.ts';

export interface BackupSeal {
  /** @param sha256 of the backup, hex. */
  of(sha256: string): Promise<string>;
  isOurs(sha256: string, seal: string | undefined): Promise<boolean>;
}

/** @param keyFile of the key that seals archives on their way too; it is made where there is none. */
export function backupSeal(keyFile: string, clock: Clock): BackupSeal {
  const of = async (sha256: string) =>
    createHmac('sha256', await computerKey(keyFile, clock))
      .update(`backup ${sha256}`)
      .digest('hex');
  return {
    of,
    async isOurs(sha256, seal) {
      const ours = Buffer.from(await of(sha256));
      const given = Buffer.from(seal ?? '');
      return given.length === ours.length && timingSafeEqual(given, ours);
    },
  };
}
