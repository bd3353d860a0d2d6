/** Reads tar, whoever wrote it, entry by entry, and judges nothing but its form. */

export const BLOCK = 512;

export interface TarHeader {
  name: string;
  /** `other`: a device, a pipe, or what nobody knows. */
  type: 'file' | 'folder' | 'symlink' | 'link' | 'other';
  /** As it was said: perhaps no number of bytes at all. */
  size: number;
  mode: number;
  linkname: string;
}

export interface TarEntry {
  header: TarHeader;
  /** May be left unread, or be read to any point. */
  content: AsyncGenerator<Buffer, void>;
}

/** What is read is no tar, or not whole. */
export class TarBroken extends Error {}

/** Long names of all programs together are far shorter. */
const MAX_WORDS = 1024 * 1024;

const TYPES: Readonly<Record<string, TarHeader['type']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'folder',
  '7': 'file',
};

/** What entries of their own say about the one that follows, by the letter of their kind. */
const WORDS: Readonly<Record<string, (content: Buffer) => Partial<TarHeader>>> = {
  x: (content) => paxWords(content),
  g: (content) => paxWords(content),
  L: (content) => ({ name: textOf(content) }),
  K: (content) => ({ linkname: textOf(content) }),
};

/** @throws TarBroken. */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry, void> {
  const bytes = new Bytes(chunks);
  let [forAll, forNext]: Partial<TarHeader>[] = [{}, {}];
  for (let block = await bytes.block(); block !== undefined; block = await bytes.block()) {
    // Two empty ones mark the end; whoever appended may have left them inside.
    if (block.every((byte) => byte === 0)) continue;
    requireHeader(block);
    const letter = String.fromCharCode(block[156] ?? 0);
    const size = numberOf(block, 124, 12);
    const words = WORDS[letter];
    if (words !== undefined) {
      const told = words(await bytes.words(size));
      if (letter === 'g') forAll = { ...forAll, ...told };
      else forNext = { ...forNext, ...told };
      continue;
    }
    const header = { ...headerOf(block, letter, size), ...forAll, ...forNext };
    forNext = {};
    // A folder has no content, whatever it says.
    const length = header.type === 'folder' ? 0 : header.size;
    const left = { bytes: length };
    const content = bytes.content(left);
    yield { header, content };
    // Waits for a read that is on its way.
    await content.return();
    await bytes.skip(left.bytes);
    await bytes.skip(padding(length));
  }
}

/** How many bytes fill the last block of a content. */
export const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function headerOf(block: Buffer, letter: string, size: number): TarHeader {
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textOf(block.subarray(345, 500)) : '';
  const name = textOf(block.subarray(0, 100));
  const type = TYPES[letter] ?? 'other';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    // Older programs say so with a slash.
    type: type === 'file' && name.endsWith('/') ? 'folder' : type,
    size,
    mode: numberOf(block, 100, 8),
    linkname: textOf(block.subarray(157, 257)),
  };
}

/** @throws TarBroken where its own sum or its mark is wrong. */
function requireHeader(block: Buffer): void {
  const isKnown = block.toString('latin1', 257, 262) === 'ustar';
  if (!isKnown || numberOf(block, 148, 8) !== sumOf(block)) throw new TarBroken('no header of a tar');
}

/** The sum of a header, whose own field counts as spaces. */
export function sumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

/** NaN where there is none. Octal digits, or, for what does not fit into them, the bytes themselves behind a mark. */
function numberOf(block: Buffer, from: number, length: number): number {
  const field = block.subarray(from, from + length);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const [first = 0, ...rest] = field;
    return rest.reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
  }
  const digits = textOf(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

/** Records of "LENGTH NAME=VALUE\n", LENGTH being that of the whole record. @throws TarBroken. */
function paxWords(content: Buffer): Partial<TarHeader> {
  const words: Partial<TarHeader> = {};
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const space = content.indexOf(' ', at);
    const length = Number(content.toString('latin1', at, space));
    const equals = content.indexOf('=', space);
    if (!(length > 0) || equals === -1 || equals >= at + length) throw new TarBroken('no words of a tar');
    const value = content.toString('utf8', equals + 1, at + length - 1);
    switch (content.toString('utf8', space + 1, equals)) {
      case 'path':
        words.name = value;
        break;
      case 'linkpath':
        words.linkname = value;
        break;
      case 'size':
        words.size = Number(value);
        break;
    }
    at += length;
  }
  return words;
}

/** A stream of chunks, taken by the byte. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async block(): Promise<Buffer | undefined> {
    const first = await this.#upTo(BLOCK);
    if (first === undefined || first.length === BLOCK) return first;
    return Buffer.concat([first, await this.#exactly(BLOCK - first.length)]);
  }

  /** Of an entry that is about another one, without what fills its last block. */
  async words(size: number): Promise<Buffer> {
    if (!(size >= 0 && size <= MAX_WORDS)) throw new TarBroken('too many words');
    const words = await this.#exactly(size);
    await this.skip(padding(size));
    return words;
  }

  /** @param left counts down what of it nobody has read yet. */
  async *content(left: { bytes: number }): AsyncGenerator<Buffer, void> {
    requireSize(left.bytes);
    while (left.bytes > 0) {
      const chunk = await this.#some(left.bytes);
      left.bytes -= chunk.length;
      yield chunk;
    }
  }

  async skip(size: number): Promise<void> {
    requireSize(size);
    for (let left = size; left > 0; ) left -= (await this.#some(left)).length;
  }

  async #exactly(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = size; left > 0; left -= parts.at(-1)?.length ?? 0) parts.push(await this.#some(left));
    return Buffer.concat(parts);
  }

  async #some(most: number): Promise<Buffer> {
    const some = await this.#upTo(most);
    if (some === undefined) throw new TarBroken('cut off');
    return some;
  }

  async #upTo(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }
}

function requireSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new TarBroken('no size');
}
