/** Which files may go with a message: images by what is in them, from allowed folders, of a bounded size, without keys. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { judgedAttachments } from '../../../src/workflows/chat/attachments.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');
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
  ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ['image/gif', Buffer.from('GIF89a____')],
  ['image/webp', Buffer.from('RIFF\u0001\u0001\u0001\u0001WEBPVP8 ', 'latin1')],
])('takes %s by what is in it, whatever it is called', async (type, bytes) => {
  expect(await judge(put('x.txt', bytes))).toEqual([
    expect.objectContaining({ local: join(docs, 'x.txt'), type, bytes: bytes.length }),
  ]);
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
