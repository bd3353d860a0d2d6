/** Reads a backup to its end before anything is done with it: it decides what runs on a machine and where keys go, so a person is told first. */
import { createReadStream } from 'node:fs';
import { type ArchiveEntry, type ArchiveLimits, ArchiveRefused, readArchive } from '../../core/archive.ts';
import { type Brought, broughtBy, broughtLine } from '../../core/brought.ts';
import { AppError } from '../../core/errors.ts';
import { parseJson5 } from '../../core/json5.ts';
import { isPatch } from '../../core/patch.ts';
import { variablesIn } from '../move/left-behind.ts';

/** A state of years was 300 MB; what unpacks to more than this is no state. */
export const MAX_UNPACKED_BYTES = 32 * 1024 ** 3;
const MAX_READ_BYTES = 8 * 1024 * 1024;
/** What OpenClaw must find as a file: a link there would lead its writes elsewhere. */
const MUST_BE_FILES = new Set(['openclaw.json', 'secrets.json', '.env']);
/** Folders of a state whose files OpenClaw or its agent runs. */
const CODE = /^(?:(?:workspace\/)?(?:extensions|plugins|hooks|skills))\//i;
const MAX_LINES = 60;
/** OpenClaw may read more than this server does. */
const UNREADABLE: Brought = {
  path: 'openclaw.json',
  kind: 'program',
  value: 'settings that cannot be read here',
};

export interface JudgedBackup {
  /** Of all files, unpacked. */
  bytes: number;
  /** Addresses, programs and code that it brings, a line for each. Foreign text. */
  brings: string;
}

/** @throws AppError `invalid_input` that says what is wrong; the entry's own name is fenced. */
export async function judgeBackup(file: string): Promise<JudgedBackup> {
  const seen: Seen = { bytes: 0, brought: [], variables: [], code: new Map() };
  const visit = (entry: ArchiveEntry, content: AsyncIterable<Uint8Array>) => look(entry, content, seen);
  await readWhole(file, {}, visit);
  return { bytes: seen.bytes, brings: linesOf(seen) };
}

/** Reads an archive of a state to its end. @throws AppError `invalid_input` where it is refused. */
export async function readWhole(
  file: string,
  limits: Pick<ArchiveLimits, 'leaveOut'>,
  visit: Parameters<typeof readArchive>[2],
): Promise<void> {
  try {
    await readArchive(createReadStream(file), { bytes: MAX_UNPACKED_BYTES, ...limits }, visit);
  } catch (error) {
    throw error instanceof ArchiveRefused ? refusedArchive(error) : error;
  }
}

/** In our words; the entry's own name is fenced. */
export function refusedArchive({ reason, entry }: ArchiveRefused): AppError {
  return new AppError('invalid_input', `The backup was refused: ${REASONS[reason]}; nothing was changed`, {
    next: 'Restore another backup.',
    ...(entry !== '' && { foreign: `entry: ${JSON.stringify(entry)}` }),
  });
}

const REASONS: Readonly<Record<ArchiveRefused['reason'], string>> = {
  unreadable: 'it is no archive that can be read to its end',
  kind: 'an entry is neither a file, a folder nor a link',
  name: 'the name of an entry leads outside, or is that of settings in other letters',
  link: 'a link leads outside',
  folder_link: 'a folder that an assistant keeps its work in is a link',
  twice: 'an entry is there twice',
  behind_link: 'an entry lies behind a link',
  too_large: 'it unpacks to more than 32 GiB',
  too_many: 'it has too many entries',
};

interface Seen {
  bytes: number;
  brought: Brought[];
  /** Names in its .env. */
  variables: string[];
  /** Files by folder of code. */
  code: Map<string, number>;
}

async function look(entry: ArchiveEntry, content: AsyncIterable<Uint8Array>, seen: Seen): Promise<void> {
  // On a disk that makes no difference between letters it would be found as the settings, unread.
  const plain = entry.name.normalize('NFKC').toLowerCase();
  if (plain !== entry.name && MUST_BE_FILES.has(plain)) throw new ArchiveRefused('name', entry.name);
  if (MUST_BE_FILES.has(entry.name) && entry.kind !== 'file') throw new ArchiveRefused('kind', entry.name);
  if ('size' in entry) seen.bytes += entry.size;
  const [folder] = CODE.exec(entry.name) ?? [];
  if (folder !== undefined && entry.kind !== 'folder')
    seen.code.set(folder, (seen.code.get(folder) ?? 0) + 1);
  if (entry.name === 'openclaw.json') {
    const settings = parseJson5(await textOf(content, entry.name));
    seen.brought = isPatch(settings) ? broughtBy(settings) : [UNREADABLE];
  }
  if (entry.name === '.env') {
    seen.variables = variablesIn(await textOf(content, entry.name));
  }
}

/** @throws ArchiveRefused for more than `most` bytes. */
export async function textOf(
  content: AsyncIterable<Uint8Array>,
  name: string,
  most = MAX_READ_BYTES,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > most) throw new ArchiveRefused('too_large', name);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function linesOf({ brought, variables, code }: Seen): string {
  const lines = [
    ...brought.slice(0, MAX_LINES).map(broughtLine),
    ...(brought.length > MAX_LINES ? [`and ${brought.length - MAX_LINES} more`] : []),
    ...(variables.length > 0 ? [`variables in .env: ${variables.slice(0, MAX_LINES).join(', ')}`] : []),
    ...[...code].map(([folder, count]) => `code: ${count} file(s) below ${folder}`),
  ];
  return lines.join('\n');
}
