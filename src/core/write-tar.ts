/** Entries as the tar that every program reads. */
import { createTarPacker, type TarHeader } from 'modern-tar';

export interface NewEntry {
  /** Its `size` is that of the content. */
  header: TarHeader;
  content?: AsyncIterable<Uint8Array>;
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
