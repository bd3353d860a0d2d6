/** Which files may go with a message: images by what is in them, from allowed folders, of a bounded size, without keys. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { judgedAttachments } from '../../../src/workflows/chat/attachments.ts';

/** Of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
/** With a preview, which has an end of its own. */
const JPEG = Buffer.from('ffd8ffe10006ffd90000ffda00020102ff00ffd9', 'hex');
const GIF = Buffer.from('GIF89a____;');
const WEBP = Buffer.from('RIFF\u0008\u0000\u0000\u0000WEBPVP8 ', 'latin1');
const KEY = 'sk-ant-0123456789abcdef';
let root: string;
let docs: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attach-'));
  docs = join(root, 'docs');
  mkdirSync(docs);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, ...bytes: (Buffer | string)[]) => {
  const file = join(docs, name);
  writeFileSync(file, Buffer.concat(bytes.map((part) => Buffer.from(part))));
  return file;
};
const judge = (...files: string[]) =>
  judgedAttachments(
    {
      allowed: {
        own: join(root, 'state/files'),
        named: [docs],
        stateDir: join(root, 'state'),
        home: join(root, 'home'),
      },
      secrets: () => [KEY],
    },
    files,
  );

it.each([
  ['image/png', PNG],
  ['image/jpeg', JPEG],
  ['image/gif', GIF],
  ['image/webp', WEBP],
])('takes %s by what is in it, whatever it is called, and none that is cut', async (type, bytes) => {
  expect(await judge(put('x.txt', bytes))).toEqual([
    expect.objectContaining({ local: join(docs, 'x.txt'), type, bytes: bytes.length }),
  ]);
  for (const cut of [bytes.subarray(0, -1), bytes.subarray(0, -2)])
    await expect(judge(put('cut', cut))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('cut or damaged'),
    });
});

it('takes a photo in which something lies between two parts, as all programs do', async () => {
  const odd = Buffer.concat([JPEG.subarray(0, 10), Buffer.from([0, 0]), JPEG.subarray(10)]);
  expect(await judge(put('odd.jpg', odd))).toHaveLength(1);
});

it('refuses what only its name calls an image', async () => {
  await expect(judge(put('x.png', '%PDF-1.7'))).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('no PNG, JPEG, GIF or WebP'),
  });
  await expect(judge(put('empty.png', ''))).rejects.toMatchObject({ code: 'unsupported' });
});

it('refuses what is too large, alone and together', async () => {
  const large = (name: string, mib: number) => {
    const file = put(name, PNG);
    truncateSync(file, mib * 1024 * 1024);
    return file;
  };
  await expect(judge(large('a.png', 11))).rejects.toThrow('10 MiB');
  await expect(judge(large('b.png', 4), large('c.png', 10))).rejects.toThrow('together');
  await expect(judge(...Array.from({ length: 5 }, () => put('d.png', PNG)))).rejects.toThrow('More than 4');
});

it('refuses a key in it, a key by its name, and what lies in no allowed folder', async () => {
  await expect(judge(put('shot.png', PNG, KEY))).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(judge(put('.env.png', PNG))).rejects.toMatchObject({ code: 'invalid_input' });
  writeFileSync(join(root, 'outside.png'), PNG);
  await expect(judge(join(root, 'outside.png'))).rejects.toMatchObject({ code: 'invalid_input' });
});
