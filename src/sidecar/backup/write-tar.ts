/** Entries of a tar as every program reads them; what its old form has no room for is said in words before the entry. */
import { BLOCK, padding, sumOf } from '../../core/tar.ts';

export interface NewEntry {
  name: string;
  mode: number;
  /** Of a file's content, which follows. */
  size?: number;
  mtime?: Date;
  /** Target of a symbolic link. */
  linkname?: string;
}

/** Until the year 2242. */
const MOST = 0o77777777777;
const WORDS = 'x';

/** What stands before the content of an entry; a name that ends with a slash is a folder's. */
export function tarHeader(entry: NewEntry): Buffer {
  const { name, size = 0, linkname = '' } = entry;
  const words = [
    ...(fits(name) ? [] : [record('path', name)]),
    ...(fits(linkname) ? [] : [record('linkpath', linkname)]),
    ...(size <= MOST ? [] : [record('size', String(size))]),
  ].join('');
  const kind = linkname !== '' ? '2' : name.endsWith('/') ? '5' : '0';
  const own = block(entry, kind);
  if (words === '') return own;
  const about = block({ name: 'words', mode: 0o600, size: Buffer.byteLength(words) }, WORDS);
  return Buffer.concat([about, Buffer.from(words), tarFill(Buffer.byteLength(words)), own]);
}

/** What stands behind a content of so many bytes. */
export const tarFill = (size: number): Buffer => Buffer.alloc(padding(size));

/** What stands at the end of all. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);

/** Only ASCII has one meaning everywhere. */
const fits = (name: string) => /^[\x20-\x7e]{0,100}$/.test(name);

function block({ name, mode, size = 0, mtime, linkname = '' }: NewEntry, kind: string): Buffer {
  const made = Buffer.alloc(BLOCK);
  made.write(name, 0, 100);
  made.write(octal(mode & 0o7777, 7), 100);
  made.write(octal(0, 7), 108);
  made.write(octal(0, 7), 116);
  made.write(octal(Math.min(size, MOST), 11), 124);
  made.write(octal(Math.max(0, Math.floor((mtime?.getTime() ?? 0) / 1000)), 11), 136);
  made.write(kind, 156);
  made.write(linkname, 157, 100);
  made.write('ustar\0' + '00', 257, 'latin1');
  made.write(`${octal(sumOf(made), 6)}\0 `, 148, 'latin1');
  return made;
}

const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');

/** Its length counts its own digits. */
function record(name: string, value: string): string {
  const rest = Buffer.byteLength(` ${name}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${name}=${value}\n`;
}
