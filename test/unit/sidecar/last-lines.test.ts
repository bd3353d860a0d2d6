/** The end of a log, read backwards, is what `tail` would say, whatever its lines are like. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastPrinted } from '../../../src/sidecar/gateway/files.ts';
import { lastLines } from '../../../src/sidecar/look/last-lines.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'));
  file = join(folder, 'log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const all = { most: 100_000, maxBytes: 10_000_000, keep: (line: string) => line };

test.each([
  ['with an end', 'one\ntwo\n', ['one', 'two']],
  ['without one', 'one\ntwo', ['one', 'two']],
  ['with empty lines', '\n\none\n\n', ['', '', 'one', '']],
  ['empty', '', []],
])('a file %s', async (_name, text, lines) => {
  await writeFile(file, text);
  expect((await lastLines(file, all)).lines).toEqual(lines);
});

test('lines that cross the pieces in which it is read are whole, umlauts too', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${'ä€'.repeat(index % 40)}`);
  await writeFile(file, `${lines.join('\n')}\n`);
  expect((await lastLines(file, all)).lines).toEqual(lines);
  expect((await lastLines(file, { ...all, most: 3 })).lines).toEqual(lines.slice(-3));
  const few = { ...all, most: 2, keep: (line: string) => (line.startsWith('7 ') ? line : undefined) };
  expect((await lastLines(file, few)).lines).toEqual([lines[7]]);
});

test('what is more than may be said is cut from the front, and told', async () => {
  await writeFile(file, `${'x'.repeat(3_000_000)}\nshort\n`);
  expect(await lastLines(file, { ...all, maxBytes: 1_000 })).toEqual({ lines: ['short'], truncated: true });
  await writeFile(file, 'y'.repeat(3_000_000));
  const cut = await lastLines(file, { ...all, maxBytes: 1_000 });
  expect(cut).toEqual({ lines: ['y'.repeat(1_000)], truncated: true });
});

test('the last words of a gateway that printed 60 MB, or for ever, cost no more than those of a short one', async () => {
  const words = 'heap out of memory ä\n';
  const handle = await open(file, 'w');
  // Sparse: a file of 3 GB is longer than any text can be.
  await handle.write(words, 3_000_000_000);
  await handle.close();
  const before = process.memoryUsage().rss;
  for (let look = 0; look < 50; look++) expect(lastPrinted({ home: folder, port: 1 }, file)).toContain(words);
  expect(lastPrinted({ home: folder, port: 1 }, file).length).toBeLessThanOrEqual(6_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
});

test('sixty megabytes of lines are looked at from their end, and no further than is needed', async () => {
  const line = `${'a line of a gateway '.repeat(5)}\n`;
  const handle = await open(file, 'w');
  for (let count = 0; count < 60; count++) await handle.write(line.repeat(10_000));
  await handle.write('the last\n');
  await handle.close();
  let looked = 0;
  const keep = (text: string) => {
    looked += 1;
    return text;
  };
  const { lines } = await lastLines(file, { most: 40, maxBytes: 8_000, keep });
  expect(lines.at(-1)).toBe('the last');
  expect(lines).toHaveLength(40);
  expect(looked).toBe(40);
});
