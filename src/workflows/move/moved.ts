/** An archive of OpenClaw's own that is to be restored: read, told to the person, and made into a backup of ours. */
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ageMs, type Clock } from '../../core/clock.ts';
import { privateDir } from '../../core/files.ts';
import { at } from '../../core/patch.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { toldVersion } from '../../core/text.ts';
import { backupManifest } from '../../openclaw/backup.ts';
import { dropPart, isThere } from '../files/part-file.ts';
import { type Move, newName, writeMoved } from './move-in.ts';
import { MOVED_HOME, placesOf, withStore } from './places.ts';
import { plainChannels, quieted } from './quiet.ts';
import type { Found } from './sentences.ts';
import { type TheirArchive, theirArchive } from './their-archive.ts';

const SECRETS = 'secrets.json';
const OUR_SECRETS = 'secrets_file';

export interface Moved {
  /** A backup of ours, in the server's own folder until `dropMoved`. */
  file: string;
  found: Found;
}

/** Longer than any restore takes. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;

/** The folder, private, and without what was forgotten in it. */
export async function openMovingFolder(folder: string, clock: Clock): Promise<void> {
  await inStateFolder(folder, async () => {
    await privateDir(folder);
    await dropForgotten(folder, clock.now());
  });
}

/** @param folder of this server alone. @throws AppError `invalid_input` for what is no state of OpenClaw. */
export async function moved(
  file: string,
  operationId: string,
  { movingDir: folder, clock }: { movingDir: string; clock: Clock },
): Promise<Moved> {
  const archive = await theirArchive(file);
  const { all: places, missing } = placesOf(archive);
  const quiet = quieted(archive.settings, archive.variables);
  const version = versionOf(archive);
  const move: Move = {
    archive,
    places,
    settings: withStore(quiet.settings, archive),
    renamed: renamedIn(archive),
    manifest: backupManifest.parse({
      format: 1,
      created_at: await madeAt(file, archive),
      machine_id: 'moved-in',
      openclaw_version: version ?? '0.0.0',
      home: MOVED_HOME,
    }),
  };
  const target = movedFile(folder, operationId);
  await openMovingFolder(folder, clock);
  await inStateFolder(folder, async () => {
    if (!(await isThere(target))) await writeMoved(file, target, move);
  });
  const comes = (name: string) => newName(name, move) ?? [];
  const names = archive.names.flatMap(comes);
  const outside = archive.outside.flatMap(comes);
  const found = {
    ...quiet,
    version: toldVersion(version ?? ''),
    missing,
    names,
    outside: outside.length,
  };
  return { file: target, found: { ...found, channels: plainChannels(quiet.channels) } };
}

/** Also what arrived of one. */
export async function dropMoved(folder: string, operationId: string): Promise<void> {
  const target = movedFile(folder, operationId);
  for (const file of [target, `${target}.new`]) await rm(file, { force: true });
  await dropPart(target, operationId);
}

/** Ours is a file of this name, unless their settings already speak of it as ours do. */
function renamedIn({ carried, settings }: TheirArchive): Record<string, string> {
  if (carried[0] === undefined || at(settings, 'secrets', 'providers', OUR_SECRETS) !== undefined) return {};
  return { [SECRETS]: 'secrets-moved.json' };
}

/** A backup of ours that stands for one of another form. */
export const movedFile = (folder: string, operationId: string) => join(folder, `${operationId}.tar.gz`);

/** As the archive says, or the settings that its gateway wrote last; undefined where that is no version. */
function versionOf({ manifest, settings }: TheirArchive): string | undefined {
  const said = manifest?.runtimeVersion ?? at(settings, 'meta', 'lastTouchedVersion');
  return backupManifest.shape.openclaw_version.safeParse(said).data;
}

async function madeAt(file: string, { manifest }: TheirArchive): Promise<string> {
  const said = backupManifest.shape.created_at.safeParse(manifest?.createdAt).data;
  return said ?? (await stat(file)).mtime.toISOString();
}

/** What a process that was killed has left, and no other went on with: it holds keys. */
async function dropForgotten(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const seen = await lstat(file).catch(() => undefined);
    if (seen !== undefined && ageMs(seen.mtime.toISOString(), now) > FORGOTTEN_MS)
      await rm(file, { force: true });
  }
}
