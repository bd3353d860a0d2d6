/** Bodies of requests, none larger than a request of this API can be, and never many large ones at once. */
import { coded, problem } from './problems.ts';

// A command with its environment and input stays below 4 MiB: Linux takes no more.
export const MAX_BODY_BYTES = 8 << 20;
// Of all bodies that are being read.
const MAX_HELD_BYTES = 64 << 20;
const RETRY_MS = 250;

/** Reads bodies against one common bound. */
export class Bodies {
  #held = 0;

  /** @throws ApiProblem 413 as soon as it is known to be too large; 503 while others take all the room. */
  async text(request: Request): Promise<string> {
    if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of request.body ?? []) {
        size += chunk.length;
        this.#held += chunk.length;
        if (size > MAX_BODY_BYTES) throw tooLarge();
        if (this.#held > MAX_HELD_BYTES) throw full();
        chunks.push(chunk);
      }
      return new TextDecoder().decode(Buffer.concat(chunks));
    } finally {
      this.#held -= size;
    }
  }
}

function tooLarge() {
  return problem(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
}

function full() {
  return coded(503, 'DEPENDENCY_UNAVAILABLE', 'too many large requests at once', {
    retryable: true,
    retryAfterMs: RETRY_MS,
  });
}
