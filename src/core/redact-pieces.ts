/** Finds all pieces of known texts in a stream at once, in time that grows with the stream alone. */
import type { Stream } from './redact-streams.ts';

/** A part of a text. */
export interface Span {
  start: number;
  /** Behind its last character. */
  end: number;
}

interface Piece {
  of: Uint16Array;
  at: number;
  /** So long must a stretch of such pieces be to count. */
  least: number;
}

// A rolling hash over 32 bits; what it takes for a match is compared.
const BASE = 0x01000193;
const FILTER_BITS = 16;

/** Pieces of one length. */
export class PieceFinder {
  readonly #size: number;
  readonly #leaving: number;
  readonly #known = new Map<number, Piece[]>();
  // Most places of a text match nothing: this says so without a look at the map.
  readonly #filter = new Uint8Array(1 << FILTER_BITS);

  constructor(size: number) {
    this.#size = size;
    let factor = 1;
    for (let index = 1; index < size; index++) factor = Math.imul(factor, BASE);
    this.#leaving = factor;
  }

  /**
   * Every piece of `whole`.
   * @param least how long a stretch of the whole must be, for this piece of it to count.
   * @param step how many characters are one that is never torn: 2 for hex.
   */
  learn({ codes, length }: Stream, least: (piece: string) => number, step = 1): void {
    const of = codes.slice(0, length);
    for (let at = 0; at + this.#size <= length; at += step) {
      const text = String.fromCharCode(...of.subarray(at, at + this.#size));
      this.#add({ of, at, least: Math.min(least(text), length) });
    }
  }

  #add(piece: Piece): void {
    let hash = 0;
    for (let index = 0; index < this.#size; index++) {
      hash = (Math.imul(hash, BASE) + (piece.of[piece.at + index] ?? 0)) | 0;
    }
    const known = this.#known.get(hash) ?? [];
    const same = known.find((one) => this.#isAt(one, piece.of, piece.at));
    if (same) same.least = Math.min(same.least, piece.least);
    else this.#known.set(hash, [...known, piece]);
    this.#filter[place(hash)] = 1;
  }

  /** Stretches of the stream that are covered by known pieces. */
  in({ codes, from, to, length }: Stream): Span[] {
    const spans: Span[] = [];
    let start = -1;
    let end = -1;
    let least = 0;
    const close = () => {
      if (start >= 0 && end - start >= least) spans.push({ start: from[start] ?? 0, end: to[end - 1] ?? 0 });
    };
    let hash = 0;
    for (let next = 0; next < length; next++) {
      const at = next + 1 - this.#size;
      if (at > 0) hash = (hash - Math.imul(codes[at - 1] ?? 0, this.#leaving)) | 0;
      hash = (Math.imul(hash, BASE) + (codes[next] ?? 0)) | 0;
      if (at < 0 || this.#filter[place(hash)] === 0) continue;
      const found = this.#known.get(hash)?.find((piece) => this.#isAt(piece, codes, at));
      if (found === undefined) continue;
      if (at >= end) {
        close();
        start = at;
        least = found.least;
      }
      end = next + 1;
      least = Math.min(least, found.least);
    }
    close();
    return spans;
  }

  #isAt({ of, at }: Piece, codes: Uint16Array, place: number): boolean {
    for (let index = 0; index < this.#size; index++) {
      if (of[at + index] !== codes[place + index]) return false;
    }
    return true;
  }
}

function place(hash: number): number {
  return (hash ^ (hash >>> FILTER_BITS)) & ((1 << FILTER_BITS) - 1);
}
