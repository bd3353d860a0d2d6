/** Tar, read entry by entry and written: libraries know its form, and whoever asks judges what a strange one says. */
import { Readable } from 'node:stream';
import { createTarDecoder, createTarPacker, type TarHeader } from 'modern-tar';

export interface TarEntry {
  header: TarHeader;
  /** May be left unread, or be read to any point, before the next entry is asked for. */
  content: AsyncGenerator<Uint8Array, void>;
}

/** What is read is no tar, or not whole. */
export class TarBroken extends Error {}

/** @throws TarBroken; whatever `chunks` throws. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void> {
  const source = new Source(chunks);
  const entries = source.stream().pipeThrough(createTarDecoder({ strict: true }));
  try {
    for await (const { header, body } of entries) {
      const content = source.told(body);
      yield { header, content };
      await content.return();
      // Read to its end, never cancelled: the library takes that for the end of a later entry, which then never comes.
      await body.pipeTo(new WritableStream());
    }
  } catch (error) {
    throw source.cause(error);
  }
}

/** Tells what the chunks themselves failed with from what the library says of them. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #failure: { error: unknown } | undefined;
  #isLeft = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Node's own way from one kind of stream to the other throws into nowhere when it is left early (20.20). */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        const next = await this.#chunks.next().catch((error: unknown) => {
          // What is left in the middle of a read fails too, and nobody asks why.
          if (!this.#isLeft) this.#failure = { error };
          throw error;
        });
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        this.#isLeft = true;
        await this.#chunks.return?.();
      },
    });
  }

  async *told(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const reader = body.getReader();
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
    } catch (error) {
      throw this.cause(error);
    } finally {
      reader.releaseLock();
    }
  }

  cause(error: unknown): unknown {
    return this.#failure === undefined ? new TarBroken(String(error)) : this.#failure.error;
  }
}

export interface NewEntry {
  /** Its `size` is that of the content. */
  header: TarHeader;
  content?: AsyncIterable<Uint8Array>;
}

/** A private file that holds `text`. */
export function textEntry(name: string, text: string, mtime = new Date(0)): NewEntry {
  const bytes = Buffer.from(text);
  return { header: { name, mode: 0o600, size: bytes.length, mtime }, content: Readable.from([bytes]) };
}

/** An archive that is written entry by entry; `add` waits for whoever reads `readable`. */
export function tarWriter() {
  const { readable, controller } = createTarPacker();
  return {
    readable,
    async add({ header, content }: NewEntry): Promise<void> {
      const entry = controller.add(header).getWriter();
      for await (const chunk of content ?? []) await entry.write(chunk);
      await entry.close();
    },
    end: () => controller.finalize(),
    /** Whoever reads meets it. */
    fail: (error: unknown) => controller.error(error instanceof Error ? error : new Error(String(error))),
  };
}

/** @throws whatever `entries` and their contents throw. */
export async function* tarOf(entries: AsyncIterable<NewEntry>): AsyncGenerator<Uint8Array, void> {
  const writer = tarWriter();
  const filling = (async () => {
    for await (const entry of entries) await writer.add(entry);
    writer.end();
  })().catch(writer.fail);
  yield* writer.readable;
  await filling;
}
