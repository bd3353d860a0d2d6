/**
 * Makes an archive of OpenClaw's own out of a backup of ours: `openclaw backup verify` takes it, and a plain OpenClaw starts
 * from what is in it, under any home.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ArchiveEntry, ArchiveRefused, readArchive, unpackedName } from '../../core/archive.ts';
import { AppError } from '../../core/errors.ts';
import { parseJson5 } from '../../core/json5.ts';
import { at, isPatch, type Patch, patched, withTexts } from '../../core/patch.ts';
import { type NewEntry, tarWriter, textEntry } from '../../core/tar.ts';
import type { BackupManifest } from '../../openclaw/backup.ts';
import { LIMIT_PLUGIN } from '../../openclaw/catalog/settings.ts';
import { OWN_MANIFEST, ownArchive } from '../../openclaw/own-archive.ts';
import { MAX_UNPACKED_BYTES, refusedArchive, textOf } from '../backup/judge.ts';
import { ofFullDisk } from '../files/part-file.ts';

const OURS = 'openclaw-backup.json';
/** Of the machine's own program; nothing else has it. */
const OUR_FOLDER = '.openclaw-mcp';

export interface MoveOut {
  manifest: BackupManifest;
  /** Of the gateway that will start from it: the machine's own stays on the machine. */
  token: string;
}

/**
 * @param draft is made anew. The same backup and token make the same bytes.
 * @returns how many files were left out, since OpenClaw takes no archive with a backslash in a name.
 * @throws AppError `invalid_input` for a backup that may not be unpacked, `unavailable` without room.
 */
export async function writeOwnArchive(file: string, draft: string, out: MoveOut): Promise<number> {
  const tar = tarWriter();
  let leftOut = 0;
  const leaveOut = () => {
    leftOut += 1;
  };
  const filling = fill(file, out, tar.add, leaveOut).then(tar.end).catch(tar.fail);
  await rm(draft, { force: true });
  try {
    const target = createWriteStream(draft, { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.from(tar.readable), createGzip(), target);
    await filling;
    return leftOut;
  } catch (error) {
    throw error instanceof ArchiveRefused ? refusedArchive(error) : ofFullDisk(error);
  }
}

async function fill(
  file: string,
  out: MoveOut,
  add: (entry: NewEntry) => Promise<void>,
  leaveOut: () => void,
): Promise<void> {
  const { created_at, home, openclaw_version, node_version } = out.manifest;
  const stateDir = `${home}/.openclaw`;
  const facts = { createdAt: created_at, stateDir, workspace: `${stateDir}/workspace` };
  const { root, payload, manifest } = ownArchive({
    ...facts,
    openclawVersion: openclaw_version,
    nodeVersion: node_version,
  });
  const mtime = new Date(created_at);
  const written = (name: string, value: unknown) =>
    textEntry(name, `${JSON.stringify(value, null, 2)}\n`, mtime);
  await add(written(`${root}/${OWN_MANIFEST}`, manifest));
  await readArchive(createReadStream(file), { bytes: MAX_UNPACKED_BYTES }, async (entry, content) => {
    if (entry.name === OURS || entry.name === '') return;
    if (`${entry.name}${'target' in entry ? entry.target : ''}`.includes('\\')) return leaveOut();
    const name = `${payload}/${unpackedName(entry)}`;
    if (entry.name === 'openclaw.json')
      return add(written(name, settingsOut(await objectOf(entry, content), home)));
    if (entry.name === 'secrets.json')
      return add(written(name, { ...(await objectOf(entry, content)), gateway: out.token }));
    return add(entryOut(entry, content, { name, payload, mtime }));
  });
}

function entryOut(
  entry: ArchiveEntry,
  content: AsyncIterable<Uint8Array>,
  { name, payload, mtime }: { name: string; payload: string; mtime: Date },
): NewEntry {
  const common = { mtime, mode: entry.mode, size: 0 };
  switch (entry.kind) {
    case 'file':
      return { header: { ...common, name, size: entry.size }, content };
    case 'folder':
      return { header: { ...common, name: `${name}/`, type: 'directory' } };
    case 'link':
      return { header: { ...common, name, type: 'symlink', linkname: entry.target } };
    case 'copy':
      return {
        header: { ...common, name, type: 'link', linkname: `${payload}/${unpackedName(targetOf(entry))}` },
      };
  }
}

const targetOf = ({ target }: { target: string }) => ({ kind: 'file', name: target }) as const;

async function objectOf(entry: ArchiveEntry, content: AsyncIterable<Uint8Array>): Promise<Patch> {
  const value = parseJson5(await textOf(content, entry.name));
  if (isPatch(value)) return value;
  throw new AppError(
    'conflict',
    'The settings or secrets of this assistant cannot be read; nothing was saved',
    {
      next: 'Call repair_openclaw, or make an ordinary backup.',
    },
  );
}

/** Under any home, and without what only this server's program can keep. */
function settingsOut(settings: Patch, home: string): Patch {
  const paths = at(settings, 'plugins', 'load', 'paths');
  const allow = at(settings, 'plugins', 'allow');
  const without = patched(settings, {
    ...(Array.isArray(paths) && {
      plugins: {
        load: { paths: paths.filter((path) => !String(path).includes(`/${OUR_FOLDER}/`)) },
        entries: { [LIMIT_PLUGIN]: null },
        ...(Array.isArray(allow) && { allow: allow.filter((name) => name !== LIMIT_PLUGIN) }),
      },
    }),
  });
  const anywhere = withTexts(without, (text) => text.replaceAll(`${home}/.openclaw`, '~/.openclaw'));
  return patched({}, Object(anywhere));
}
