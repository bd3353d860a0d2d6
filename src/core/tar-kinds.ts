/**
 * Which kinds of entries a tar has, read beside the library that reads the rest: it takes every kind that it does not know
 * (sparse files, volumes, parts of dumps) for a plain file, whose content would then be something else than what it seems.
 */

/** The entry is of a kind that is nobody's file, folder or link. */
export class UnknownKind extends Error {
  readonly entry: string;

  constructor(entry: string) {
    super('A tar holds an entry of an unknown kind');
    this.entry = entry;
  }
}

const BLOCK = 512;
// Without and with a body, as the library sees them; the others only say something of the entry that follows.
const BODILESS = '123456';
const PLAIN = '0\0';
const EXTENDED = 'xg';
const LONG_NAMES = 'LK';
/** Of what is said of one entry; names have four thousand characters. */
const MAX_EXTENDED = 64 * 1024;

/** `chunks` as they are. @throws UnknownKind; and nothing where they are no tar, which the library says better. */
export async function* knownKinds(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const kinds = new Kinds();
  for await (const chunk of chunks) {
    kinds.see(chunk);
    yield chunk;
  }
}

class Kinds {
  readonly #block = Buffer.alloc(BLOCK);
  #filled = 0;
  /** Bytes up to the next header. */
  #skip = 0;
  #isOver = false;
  /** What is being said of the next entry, and how much of it is text. */
  #extended: { parts: Buffer[]; bytes: number } | undefined;
  #size: number | undefined;

  see(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length && !this.#isOver; ) {
      at += this.#skip > 0 ? this.#pass(bytes.subarray(at)) : this.#fill(bytes.subarray(at));
    }
  }

  #pass(rest: Buffer): number {
    const taken = Math.min(this.#skip, rest.length);
    this.#extended?.parts.push(Buffer.from(rest.subarray(0, taken)));
    this.#skip -= taken;
    if (this.#skip === 0 && this.#extended !== undefined) {
      this.#size = sizeIn(Buffer.concat(this.#extended.parts).subarray(0, this.#extended.bytes));
      this.#extended = undefined;
    }
    return taken;
  }

  #fill(rest: Buffer): number {
    const taken = rest.copy(this.#block, this.#filled);
    this.#filled += taken;
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#header();
    }
    return taken;
  }

  #header(): void {
    if (this.#block.every((byte) => byte === 0)) {
      this.#isOver = true;
      return;
    }
    const kind = String.fromCharCode(this.#block[156] ?? 0);
    const size = numberAt(this.#block, 124, 12);
    if (EXTENDED.includes(kind) || LONG_NAMES.includes(kind)) {
      if (size > MAX_EXTENDED) throw new UnknownKind(nameIn(this.#block));
      this.#size = undefined;
      this.#skip = padded(size);
      this.#extended = EXTENDED.includes(kind) && size > 0 ? { parts: [], bytes: size } : undefined;
      return;
    }
    if (!PLAIN.includes(kind) && !BODILESS.includes(kind)) throw new UnknownKind(nameIn(this.#block));
    this.#skip = BODILESS.includes(kind) ? 0 : padded(this.#size ?? size);
    this.#size = undefined;
  }
}

const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK;

const nameIn = (block: Buffer) => block.toString('utf8', 0, 100).replace(/\0.*$/s, '');

/** In octal digits, or in bytes where the first bit is set. What is neither is told by the library. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  const [first = 0] = field;
  if ((first & 0x80) === 0)
    return Number.parseInt(field.toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8) || 0;
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 0x7f);
}

/** Of records as `19 size=8589934592` and a line end, each with its own length. */
function sizeIn(records: Buffer): number | undefined {
  let size: number | undefined;
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(' ', at);
    const length = Number.parseInt(records.toString('latin1', at, space), 10);
    if (space === -1 || !(length > 0)) break;
    const [, digits] = /^size=(\d{1,15})$/.exec(records.toString('latin1', space + 1, at + length - 1)) ?? [];
    if (digits !== undefined) size = Number(digits);
    at += length;
  }
  return size;
}
