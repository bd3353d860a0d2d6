/** A terminal gets text, and nothing that it would obey. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { printer, redraws } from '../../../src/cli/terminal.ts';
import { newBackupFile } from '../../../src/workflows/backup/file.ts';

it('prints no escape sequence, direction mark or other control character', () => {
  const stream = new PassThrough().setEncoding('utf8');
  printer(stream)('a\u001b[2J\u001b]0;title\u0007b\u202ec\u009bd\nnext\n');
  expect(stream.read()).toBe('abcd\nnext\n');
});

it('redraws nothing on a terminal that calls itself dumb', () => {
  expect(redraws({ isTTY: true }, { TERM: 'xterm' })).toBe(true);
  expect(redraws({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(redraws({}, { TERM: 'xterm' })).toBe(false);
});

it.each([
  ['a NUL', '/tmp/a\u0000b.tar.gz'],
  ['a line end', '/tmp/a\nb.tar.gz'],
  ['a direction mark', '/tmp/a\u202eb.tar.gz'],
  ['an escape sequence', 'a\u001b[2J.tar.gz'],
  ['300 characters', `/tmp/${'a'.repeat(300)}.tar.gz`],
  ['300 characters in a folder', `/tmp/${'a'.repeat(300)}/b.tar.gz`],
])('a backup whose name holds %s is refused where it enters', async (_what, name) => {
  await expect(newBackupFile('/tmp/not-there', name, async () => {})).rejects.toMatchObject({
    code: 'invalid_input',
  });
});
