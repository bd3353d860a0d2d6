/**
 * Whether an image is all there, as far as its own frame tells. A model refuses one that is cut, and since a conversation
 * is sent anew with every turn, it refuses all that follow, too.
 */
import type { ImageType } from '../../gateway/ports.ts';

const JPEG_END = Buffer.from([0xff, 0xd9]);
const GIF_END = 0x3b;

/** @param bytes begins as images of this type do. */
export function isWhole(bytes: Buffer, type: ImageType): boolean {
  switch (type) {
    case 'image/png':
      return isWholePng(bytes);
    case 'image/jpeg':
      return isWholeJpeg(bytes);
    case 'image/gif':
      // Some programs fill up with zeros.
      return bytes.findLast((byte) => byte !== 0) === GIF_END;
    case 'image/webp':
      return bytes.length >= 8 && bytes.readUInt32LE(4) + 8 <= bytes.length;
  }
}

/** Parts that say how long they are, each with four bytes of checksum, up to the one that ends it. */
function isWholePng(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (at === 8 && kind !== 'IHDR') return false;
    at += 12 + bytes.readUInt32BE(at);
    if (kind === 'IEND') return at <= bytes.length;
  }
  return false;
}

/** Parts that say how long they are, up to the picture itself: only behind it stands its end, a preview has one of its own. */
function isWholeJpeg(bytes: Buffer): boolean {
  // Programs that show one pass over what lies between two parts.
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at += 1;
      continue;
    }
    const kind = bytes[at + 1];
    if (kind === 0xda) return bytes.includes(JPEG_END, at);
    at += kind === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return false;
}
