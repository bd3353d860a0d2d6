/** Looks at the assistant's files: what is in a folder, what a file is, and what it says. */
import { lstatSync, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { systemClock } from '../../core/clock.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { orRefusal, readRange, resolved, withFile } from './open-file.ts';
import type { entry } from './protocol.ts';
import { isPlainName, shown } from './roots.ts';

type Entry = z.infer<typeof entry>;

/** Names that are looked at in one folder: some 0.2 s. */
const MOST_NAMES = 20_000;
/** Two changes within one tick of the system's clock leave the same mark. */
const TICK_MS = 50;

/** @throws SidecarError as `resolved`, and `file_no_folder`. */
export function listFiles(
  place: Place,
  { path, offset, limit }: RequestOf<'file_list'>,
): ReplyOf<'file_list'> {
  const folder = resolved(place, path);
  if (!statSync(folder).isDirectory()) throw new SidecarError('file_no_folder');
  const { names, more } = namesIn(folder);
  const plain = names.filter(isPlainName);
  const entries = plain.flatMap((name) => entryOf(folder, name) ?? []);
  entries.sort((a, b) => b.changed_ms - a.changed_ms || (a.name < b.name ? -1 : 1));
  return {
    path: shown(place, folder),
    entries: entries.slice(offset, offset + limit),
    total: entries.length,
    more,
    odd: names.length - plain.length,
  };
}

/** Names that are no UTF-8 come with a character that stands for what is none. */
function namesIn(folder: string): { names: string[]; more: boolean } {
  const opened = orRefusal(() => opendirSync(folder));
  const names: string[] = [];
  try {
    for (let each = opened.readSync(); each !== null; each = opened.readSync()) {
      if (names.length === MOST_NAMES) return { names, more: true };
      names.push(each.name);
    }
    return { names, more: false };
  } finally {
    opened.closeSync();
  }
}

function entryOf(folder: string, name: string): Entry | undefined {
  const seen = lstatSync(join(folder, name), { throwIfNoEntry: false });
  if (seen === undefined) return undefined;
  const kind = seen.isFile()
    ? 'file'
    : seen.isDirectory()
      ? 'folder'
      : seen.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    name,
    kind,
    bytes: kind === 'file' ? seen.size : 0,
    changed_ms: Math.max(0, Math.round(seen.mtimeMs)),
  };
}

/** @throws SidecarError as `withFile`. */
export async function lookAtFile(
  place: Place,
  { path }: RequestOf<'file_look'>,
): Promise<ReplyOf<'file_look'>> {
  const real = resolved(place, path);
  if (statSync(real).isDirectory()) return { path: shown(place, real), kind: 'folder', bytes: 0, mark: '' };
  await systemClock.sleep(TICK_MS);
  return withFile(place, path, (_, { bytes, mark }) => ({
    path: shown(place, real),
    kind: 'file',
    bytes,
    mark,
  }));
}

/** @throws SidecarError as `withFile`. */
export function readText(
  place: Place,
  { path, offset, bytes }: RequestOf<'file_text'>,
): ReplyOf<'file_text'> {
  return withFile(place, path, (opened, file) => {
    const range = readRange(opened, Math.min(offset, file.bytes), bytes);
    const atEnd = offset + range.length >= file.bytes;
    const text = textOf(range, offset > 0, !atEnd);
    const told = { path: shown(place, file.real), bytes: file.bytes };
    if (text === undefined) return { ...told, next: offset };
    return { ...told, next: offset + range.length - text.open, text: text.text };
  });
}

/** Undefined for bytes that are no text. `open`: bytes of a character at the end that is not all there. */
function textOf(
  range: Buffer,
  cutBefore: boolean,
  cutAfter: boolean,
): { text: string; open: number } | undefined {
  if (range.includes(0)) return undefined;
  const start = cutBefore
    ? Math.max(
        0,
        range.subarray(0, 3).findIndex((byte) => (byte & 0xc0) !== 0x80),
      )
    : 0;
  for (const open of cutAfter ? [0, 1, 2, 3] : [0]) {
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return { text: decoder.decode(range.subarray(start, range.length - open)), open };
    } catch {
      // The last character may be cut.
    }
  }
  return undefined;
}
