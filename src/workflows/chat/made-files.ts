/** Which files a turn made, as its result tells them: paths are a stranger's and stand only in fields of data. */
import * as z from 'zod';
import { plainText } from '../../core/text.ts';
import type { MadeFiles } from '../../gateway/ports.ts';
import type { Quote } from '../../operations/kind.ts';

const file = z.object({ path: z.string().overwrite(plainText), bytes: z.number(), type: z.string() });
type Told = z.output<typeof file>[] | undefined;

export const madeFields = {
  files: z.array(file).describe('Made or changed during the turn; files with action "save" fetches one.'),
  files_note: z.string(),
};

/** By the ending of a name alone: nobody has looked inside. */
const TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  md: 'text/markdown',
  txt: 'text/plain',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  zip: 'application/zip',
};

const OTHERS: Readonly<Record<MadeFiles['others'], string | undefined>> = {
  none: undefined,
  some: 'another session ran meanwhile and may have made some of them',
  unknown: 'whether another session ran meanwhile, and made some of them, is not known',
};

/** Nothing where it made none, or nobody could look. */
export function madeResult(made: MadeFiles | undefined): { files?: object[]; files_note?: string } {
  if (made === undefined) return {};
  const more = made.more ? 'this list is incomplete: there may be more files' : undefined;
  const others = made.files.length > 0 ? OTHERS[made.others] : undefined;
  const note = [more, others].filter((part) => part !== undefined).join('; ');
  return {
    ...(made.files.length > 0 && {
      files: made.files.map(({ path, bytes }) => ({ path, bytes, type: typeOf(path) })),
    }),
    ...(note !== '' && { files_note: note }),
  };
}

function typeOf(path: string): string {
  const ending = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return (Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined) ?? 'application/octet-stream';
}

export const madeDetail = (files: Told) =>
  files && `${files.length === 1 ? '1 file' : `${files.length} files`} made or changed`;

export const savingNext = (files: Told) =>
  files === undefined ? '' : 'Call files with action "save" and the path of a file to have it here. ';

export function madeQuotes(files: Told): Quote[] {
  if (files === undefined) return [];
  const lines = files.map(({ path, bytes, type }) => `${path} (${bytes} bytes, ${type})`);
  return [{ label: 'files of this turn', text: lines.join('\n') }];
}
