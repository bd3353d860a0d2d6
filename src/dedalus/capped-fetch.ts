/** Keeps a broken or hostile server from filling our memory: the library itself reads bodies of any size. */
import { oversizedError } from './network-errors.ts';

/** `inner`, whose answers fail with an AppError once more than `maxBytes` of body have come. */
export function cappedFetch(inner: typeof fetch, maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init);
    if (!response.body) return response;
    let seen = 0;
    const capped = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          seen += chunk.byteLength;
          if (seen > maxBytes) controller.error(oversizedError());
          else controller.enqueue(chunk);
        },
      }),
    );
    return new Response(capped, response);
  };
}
