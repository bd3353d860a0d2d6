/** What a local API that answers leaves in its folder, so that others find it and know what it is. */

import path from 'node:path';
import * as z from 'zod';
import { readIfThere } from '../../core/files.ts';
import { parseJson } from '../../core/json.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { livingHolder } from './lock.ts';

// No other address: whoever could fill the folder would be handed the key, and every conversation.
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):\d{1,5}$/;
const schema = z.object({
  base_url: z.string().regex(LOOPBACK),
  api_key: z.string().regex(/^[\x21-\x7e]{1,512}$/),
  pid: z.number().int().positive(),
  /** Of the package; undefined for those that did not tell yet. */
  version: z.string().max(64).optional().catch(undefined),
  /** Started by `--local`, and not by a person, who alone ends such a one. */
  background: z.boolean().default(true),
});
/** Mode 0600. */
export type ReadyFile = z.output<typeof schema>;

/** Where the local API keeps its state, apart from what else is in the state folder. */
export function localFolder(stateDir: string): string {
  return path.join(stateDir, 'local');
}

export function readyPath(stateDir: string): string {
  return path.join(localFolder(stateDir), 'daemon.json');
}

/**
 * The living server of a state folder. A killed one's port may belong to a stranger now, who must not be shown the key:
 * also not in the moment in which the next server has the folder and the file is still the old one's.
 * @throws AppError as `inStateFolder`.
 */
export function livingServer(stateDir: string): Promise<ReadyFile | undefined> {
  return inStateFolder(localFolder(stateDir), async () => {
    const ready = schema.safeParse(parseJson(await readIfThere(readyPath(stateDir)))).data;
    if (!ready || ready.pid !== (await livingHolder(localFolder(stateDir)))) return undefined;
    return ready;
  });
}
