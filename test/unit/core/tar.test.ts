/** Archives of other programs are read as they meant them, and ours by them; what is no tar is told, never guessed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { createTarPacker, type TarHeader } from 'modern-tar';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NewEntry, readTar, TarBroken, tarOf } from '../../../src/core/tar.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tar-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** In chunks of any size, as streams come. */
async function* chunksOf(archive: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
}

type Told = Partial<TarHeader> & { text?: string };
async function told(archive: Buffer, chunk = 100): Promise<Told[]> {
  const all: Told[] = [];
  for await (const { header, content } of readTar(chunksOf(archive, chunk))) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    all.push({ ...header, text: Buffer.concat(parts).toString() });
  }
  return all;
}

const LONG = `${'folder/'.repeat(40)}ümlaut`;

test.each(['gnu', 'ustar', 'pax'])('what tar writes in the format %s', async (format) => {
  const name = format === 'ustar' ? 'plain' : LONG;
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), 'content', { mode: 0o640 });
  symlinkSync(format === 'ustar' ? 'plain' : LONG, join(root, 'link'));
  const archive = execFileSync('tar', [`--format=${format}`, '-C', root, '-cf', '-', name, 'link']);
  expect(await told(archive)).toEqual([
    expect.objectContaining({ name, type: 'file', size: 7, mode: 0o640, text: 'content' }),
    expect.objectContaining({ name: 'link', type: 'symlink', linkname: name, text: '' }),
  ]);
});

test('an entry whose content nobody reads to its end, and one that only says that it has one', async () => {
  const archive = pack();
  archive.entry({ name: 'a' }, 'x'.repeat(5000));
  archive.entry({ name: 'b/', type: 'directory' });
  archive.entry({ name: 'c' }, 'last');
  archive.finalize();
  const names: string[] = [];
  for await (const { header, content } of readTar(chunksOf(await buffer(archive), 700))) {
    names.push(header.name);
    await content.next();
  }
  expect(names).toEqual(['a', 'b/', 'c']);
});

test('what is written here is what tar and other readers read', async () => {
  const mtime = new Date('2026-01-02T03:04:05Z');
  const archive = await written([
    file(LONG, 'content', mtime),
    { header: { name: 'empty folder/', type: 'directory', mode: 0o750, size: 0, mtime } },
    { header: { name: 'link', type: 'symlink', mode: 0o777, linkname: LONG, size: 0, mtime } },
  ]);
  execFileSync('tar', ['-xf', '-', '-C', root], { input: archive });
  expect(readFileSync(join(root, LONG), 'utf8')).toBe('content');
  expect(readFileSync(join(root, 'link'), 'utf8')).toBe('content');
  const seen: string[] = [];
  const other = extract();
  other.end(archive);
  for await (const entry of other) {
    seen.push(`${entry.header.type} ${entry.header.name} ${entry.header.mtime?.toISOString() ?? ''}`);
    entry.resume();
  }
  expect(seen).toEqual([
    `file ${LONG} 2026-01-02T03:04:05.000Z`,
    'directory empty folder/ 2026-01-02T03:04:05.000Z',
    'symlink link 2026-01-02T03:04:05.000Z',
  ]);
});

test('sizes that eight octal digits cannot say', async () => {
  const huge = 9 * 1024 ** 3;
  const { readable, controller } = createTarPacker();
  controller.add({ name: 'huge', size: huge });
  const seen: object[] = [];
  for await (const { header } of readTar(readable)) {
    seen.push(header);
    break;
  }
  expect(seen).toMatchObject([{ name: 'huge', size: huge }]);
});

function file(name: string, text: string, mtime = new Date(0)): NewEntry {
  const content = (async function* () {
    yield Buffer.from(text);
  })();
  return { header: { name, mode: 0o600, size: Buffer.byteLength(text), mtime }, content };
}

function written(entries: NewEntry[]): Promise<Buffer> {
  return buffer(
    tarOf(
      (async function* () {
        yield* entries;
      })(),
    ),
  );
}

test('what the chunks, or a content that is written, fail with is told as it was', async () => {
  const failure = new Error('ENOSPC');
  const failing = () => new Readable({ read: (size) => void size, construct: (done) => done(failure) });
  const reading = async () => {
    for await (const _ of readTar(failing())) expect.unreachable();
  };
  await expect(reading()).rejects.toBe(failure);
  await expect(written([{ header: { name: 'a', size: 3 }, content: failing() }])).rejects.toBe(failure);
});

test('whatever else comes is refused, or read to its end', async () => {
  const whole = await written([file('a', 'abc')]);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.nat(255),
      fc.nat(whole.length),
      fc.integer({ min: 1, max: 600 }),
      async (at, byte, length, chunk) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        await told(changed.subarray(0, length), chunk).catch((error: unknown) => {
          expect(error).toBeInstanceOf(TarBroken);
        });
      },
    ),
    { numRuns: 500 },
  );
  await expect(told(whole.subarray(0, 600))).rejects.toBeInstanceOf(TarBroken);
  await expect(told(Buffer.from('no tar at all'.repeat(100)))).rejects.toBeInstanceOf(TarBroken);
});

test('entries behind one that nobody reads come all the same, however large', async () => {
  const texts = [100, 50_000, 10, 200_000, 17_000, 3].map((size) => 'x'.repeat(size));
  const archive = await written(texts.map((text, index) => file(`f${index}`, text)));
  for (const chunk of [700, 16_384, archive.length]) {
    for (let unread = 0; unread < texts.length; unread++) {
      const sizes: number[] = [];
      let at = 0;
      for await (const { content } of readTar(chunksOf(archive, chunk))) {
        let size = 0;
        if (at++ !== unread) for await (const part of content) size += part.length;
        sizes.push(size);
      }
      expect(sizes).toEqual(texts.map((text, index) => (index === unread ? 0 : text.length)));
    }
  }
});
