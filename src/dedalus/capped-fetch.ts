/** Keeps a broken or hostile server from filling our memory: the library itself reads bodies of any size. */
import { oversizedError } from './network-errors.ts';

// Whoever collects the body keeps every chunk: millions of a byte each would take a hundred times what they carry.
const PORTION_BYTES = 64 * 1024;
const PORTION_CHUNKS = 1024;

/** `inner`, whose answers fail with an AppError once more than `maxBytes` of body have come. */
export function cappedFetch(inner: typeof fetch, maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init);
    if (!response.body) return response;
    let seen = 0;
    let held: Uint8Array[] = [];
    let heldBytes = 0;
    const handOn = (controller: TransformStreamDefaultController<Uint8Array>) => {
      if (heldBytes > 0) controller.enqueue(Buffer.concat(held));
      held = [];
      heldBytes = 0;
    };
    const capped = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          seen += chunk.byteLength;
          if (seen > maxBytes) return controller.error(oversizedError());
          held.push(chunk);
          heldBytes += chunk.byteLength;
          if (heldBytes >= PORTION_BYTES || held.length >= PORTION_CHUNKS) handOn(controller);
        },
        flush: handOn,
      }),
    );
    return new Response(capped, response);
  };
}
