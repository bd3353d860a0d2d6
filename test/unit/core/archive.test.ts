/** What an archive may not hold, judged entry by entry, whoever packed it. */
import { createGzip } from 'node:zlib';
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

function link(name: string, linkname: string): Entry {
  return { name, type: 'symlink', linkname };
}
