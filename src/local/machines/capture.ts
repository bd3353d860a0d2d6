/** Keeps the head of a stream and counts the rest, so that no command can fill memory. */
import type { Readable } from 'node:stream';

export interface Capture {
  /** Bytes seen so far, kept or not. */
  bytes(): number;
  /** The first bytes, at most the cap. */
  head(): Buffer;
}

/** Reads `stream` to its end; what is beyond `cap` bytes is counted and dropped. */
export function capture(stream: Readable, cap: number): Capture {
  const chunks: Buffer[] = [];
  let kept = 0;
  let seen = 0;
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    const part = chunk.subarray(0, cap - kept);
    if (part.length === 0) return;
    chunks.push(part);
    kept += part.length;
  });
  // A broken pipe is the end of the stream; how the command ended is told elsewhere.
  stream.on('error', () => {});
  return { bytes: () => seen, head: () => Buffer.concat(chunks) };
}
