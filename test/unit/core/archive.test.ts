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
  ['a letter that is none between folders here', [{ name: 'x64\\odd.dll' }], 'taken'],
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

/** A file of 700 bytes that says to be of this kind, between others. */
function withKind(flag: string, size = 700): Buffer {
  const header = (name: string, kind: string, bytes: number) => {
    const block = Buffer.alloc(512);
    block.write(name);
    block.write('0000600\0', 100);
    block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
    block.write(`        ${kind}`, 148);
    block.write('ustar\x0000', 257);
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return block;
  };
  const body = Buffer.concat([Buffer.from('x'.repeat(size)), Buffer.alloc(-size & 511)]);
  const parts = [header('a', '0', 600), Buffer.alloc(1024, 'y'), header('odd', flag, size), body];
  return gzipSync(Buffer.concat([...parts, header('b', '\0', 0), Buffer.alloc(1024)]));
}

it.each(['S', '7', 'V', 'M', 'D', 'A', 'N', 'X', 'z', '8', '!', '\xff'])(
  'an entry of the unknown kind %s is refused by its name, however the bytes come',
  async (flag) => {
    const bytes = withKind(flag);
    for (const pieces of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
      const reading = readArchive(Readable.from(pieces), { bytes: 10_000 }, async () => {});
      await expect(reading).rejects.toMatchObject({ reason: 'kind', entry: 'odd' });
    }
  },
);

it.each(['0', '\0'])('an entry of the kind %j is a file', async (flag) => {
  const names: string[] = [];
  const visit = async ({ name }: { name: string }) => void names.push(name);
  await readArchive(Readable.from([withKind(flag)]), { bytes: 10_000 }, visit);
  expect(names).toEqual(['a', 'odd', 'b']);
});

it('sizes and names that stand before an entry are those of it', async () => {
  const archive = pack();
  const long = `${'d'.repeat(120)}/${'é'.repeat(80)}`;
  archive.entry({ name: long, pax: { size: '1300', comment: '9 size=1\n' } }, 'x'.repeat(1300));
  archive.entry({ name: 'next' }, 'y'.repeat(513));
  archive.finalize();
  const seen: unknown[] = [];
  await readArchive(archive.pipe(createGzip()), { bytes: 10_000 }, async (entry) => void seen.push(entry));
  expect(seen).toMatchObject([
    { name: long, size: 1300 },
    { name: 'next', size: 513 },
  ]);
});

function link(name: string, linkname: string): Entry {
  return { name, type: 'symlink', linkname };
}
