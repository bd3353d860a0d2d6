/** A folder of the assistant as one archive that is then read in pieces, with its links as long as they stay inside. */
import { createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type * as z from 'zod/mini';
import { secretScan } from '../../core/secret-scan.ts';
import { type NewEntry, tarOf } from '../../core/tar.ts';
import { fileEntry, hasRoomFor, measured, placeEntry } from '../backup/into-archive.ts';
import { filesUnder, type StateFile } from '../backup/state-files.ts';
import type { JobFunction } from '../jobs/job.ts';
import type { Place } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { secretValues } from '../state/secret-values.ts';
import { asRefusal, resolved } from './open-file.ts';
import { dropOldTransfers, transferDir } from './pieces.ts';
import type { PACK_FOLDER } from './protocol.ts';

const MOST_FILES = 100_000;

export const packFolderJob: JobFunction<'pack_folder'> = async ({ id, place, stage }, { path }) => {
  stage('pack');
  const root = resolved(place, path);
  if (!statSync(root).isDirectory()) throw new SidecarError('file_no_folder');
  dropOldTransfers(place);
  const folder = transferDir(place, id);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return { packed: JSON.stringify(await packed(place, root, folder)) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw asRefusal(error);
  }
};

async function packed(
  place: Place,
  root: string,
  folder: string,
): Promise<z.infer<typeof PACK_FOLDER.reply>> {
  const { files, leftOut } = filesUnder(root, () => false);
  if (files.length > MOST_FILES) throw new SidecarError('file_too_many');
  if (!hasRoomFor(root, files)) throw new SidecarError('file_no_room');
  const measure = measured();
  const target = createWriteStream(join(folder, 'archive'), { mode: 0o600 });
  const archive = tarOf(entriesOf(root, files, secretValues(place)));
  await pipeline(archive, createGzip(), measure.stream, target);
  return { ...measure.result(), left_out: leftOut };
}

async function* entriesOf(
  root: string,
  files: readonly StateFile[],
  secrets: readonly string[],
): AsyncGenerator<NewEntry, void> {
  for (const file of files) {
    if (file.kind === 'folder' || file.kind === 'link') yield placeEntry(file);
    else yield* fileEntry(join(root, file.name), file, () => withoutSecrets(secrets, file.name));
  }
}

function withoutSecrets(secrets: readonly string[], name: string): Transform {
  const scan = secretScan(secrets);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (scan.finds(chunk)) done(new SidecarError('file_holds_secret', name));
      else done(null, chunk);
    },
  });
}
