/** What an archive may not hold, judged entry by entry, whoever packed it. */
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { readArchive } from '../../../src/core/archive.ts';

type Entry = { name: string; type?: 'file' | 'directory' | 'symlink'; linkname?: string };

function reasonFor(entries: readonly Entry[]): Promise<unknown> {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, '');
  archive.finalize();
  const reading = readArchive(archive.pipe(createGzip()), { bytes: 1000 }, async () => {});
  return reading.then(
    () => 'taken',
    (error: { reason?: string }) => error.reason,
  );
}

it.each<[string, Entry[], string]>([
  ['a folder, told after what is in it', [{ name: 'd/x' }, { name: 'd', type: 'directory' }], 'taken'],
  ['a link in place of a folder with something in it', [{ name: 'd/x' }, link('d', '../elsewhere')], 'link'],
  [
    'the same, staying inside',
    [{ name: 'd/e/x' }, { name: 'f/', type: 'directory' }, link('d', 'f')],
    'twice',
  ],
  ['a file in place of a folder with something in it', [{ name: 'd/e/x' }, { name: 'd/e' }], 'twice'],
  ['something behind a link', [link('d', 'f'), { name: 'd/x' }], 'behind_link'],
])('%s', async (_what, entries, reason) => {
  expect(await reasonFor(entries)).toBe(reason);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['no gzip', Buffer.from('x'.repeat(100_000))],
  ['gzip of no tar', gzipSync('x'.repeat(100_000))],
  ['a tar that is cut', gzipSync(Buffer.alloc(512))],
])('%s is unreadable', async (_what, bytes) => {
  const reading = readArchive(Readable.from([bytes]), { bytes: 1000 }, async () => {});
  await expect(reading).rejects.toMatchObject({ reason: 'unreadable' });
});

function link(name: string, linkname: string): Entry {
  return { name, type: 'symlink', linkname };
}
