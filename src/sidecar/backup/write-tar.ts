/** Entries as the tar that every program reads. */
import { createTarPacker, type TarHeader } from 'modern-tar';

export interface NewEntry {
  /** Its `size` is that of the content. */
  header: TarHeader;
  content?: AsyncIterable<Uint8Array>;
}

/** @throws whatever `entries` and their contents throw. */
export async function* tarOf(entries: AsyncIterable<NewEntry>): AsyncGenerator<Uint8Array, void> {
  const { readable, controller } = createTarPacker();
  // Whoever reads meets its failure.
  const filling = fill(controller, entries).catch((error: unknown) => {
    controller.error(error instanceof Error ? error : new Error(String(error)));
  });
  yield* readable;
  await filling;
}

async function fill(
  controller: ReturnType<typeof createTarPacker>['controller'],
  entries: AsyncIterable<NewEntry>,
): Promise<void> {
  for await (const { header, content } of entries) {
    const entry = controller.add(header).getWriter();
    for await (const chunk of content ?? []) await entry.write(chunk);
    await entry.close();
  }
  controller.finalize();
}
