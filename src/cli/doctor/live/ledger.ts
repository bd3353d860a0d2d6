/** The machine of a live check, written down before it is made: whatever ends the check, the next one removes it. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../../core/errors.ts';
import { readIfThere, writePrivate } from '../../../core/files.ts';
import { parseJson } from '../../../core/json.ts';

const entrySchema = z.object({
  /** Of the call that makes it: the same key finds the machine whose answer was never heard. */
  key: z.string(),
  machineId: z.string().optional(),
});
export type Entry = z.output<typeof entrySchema>;

export interface Ledger {
  /** Of a check that did not end tidily. @throws AppError `conflict` where the file cannot be read: then nobody knows. */
  left(): Promise<Entry | undefined>;
  write(entry: Entry): Promise<void>;
  /** It is gone. */
  crossOff(): Promise<void>;
}

export function fileLedger(stateDir: string): Ledger {
  const file = join(stateDir, 'live-check.json');
  return {
    async left() {
      const text = await readIfThere(file);
      if (text === undefined) return undefined;
      const entry = entrySchema.safeParse(parseJson(text));
      if (entry.success) return entry.data;
      throw new AppError('conflict', `${file} cannot be read, so a machine of an earlier check may be left`, {
        next: 'Call list_machines to see whether there is one that nobody needs, then remove that file.',
      });
    },
    write: (entry) => writePrivate(file, `${JSON.stringify(entry)}\n`),
    crossOff: () => rm(file, { force: true }),
  };
}
