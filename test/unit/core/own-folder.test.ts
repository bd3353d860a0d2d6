/** A folder that somebody else could fill is never read for keys or records. */
import { chmod, chown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireOwnFolder } from '../../../src/core/own-folder.ts';

const STRANGER = 12_345;

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'own-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('is used:', () => {
  it('an own folder below a sticky one, one that is not there yet, and one behind an own link', async () => {
    await mkdir(join(base, 'state'), { mode: 0o700 });
    await symlink(join(base, 'state'), join(base, 'link'));
    for (const name of ['state', 'state/not/there', 'link', 'link/operations'])
      expect(() => requireOwnFolder(join(base, name))).not.toThrow();
  });
});

describe('is refused by name, with the remedy:', () => {
  it.each([
    ['a folder that everybody may write to', 0o777],
    ['one that its group may write to', 0o770],
    ['one like /tmp itself', 0o1777],
  ])('%s', async (_what, mode) => {
    const dir = join(base, 'state');
    await mkdir(dir);
    await chmod(dir, mode);
    expect(() => requireOwnFolder(dir)).toThrow(
      expect.objectContaining({
        code: 'config',
        message: expect.stringContaining(dir),
        next: expect.stringContaining(`chmod go-w '${dir}'`),
      }),
    );
  });

  it('an own folder below one that everybody may write to', async () => {
    const open = join(base, 'open');
    await mkdir(join(open, 'state'), { recursive: true, mode: 0o700 });
    await chmod(open, 0o777);
    expect(() => requireOwnFolder(join(open, 'state'))).toThrow(open);
    expect(() => requireOwnFolder(join(open, 'not', 'there'))).toThrow(open);
  });

  it('what a link leads to through an open folder', async () => {
    const open = join(base, 'open');
    await mkdir(join(open, 'state'), { recursive: true, mode: 0o700 });
    await chmod(open, 0o777);
    await symlink(join(open, 'state'), join(base, 'link'));
    expect(() => requireOwnFolder(join(base, 'link'))).toThrow('can be written by others');
  });

  it('a link that leads to itself', async () => {
    await symlink(join(base, 'loop'), join(base, 'loop'));
    expect(() => requireOwnFolder(join(base, 'loop', 'state'))).toThrow('leads to itself');
  });

  it.runIf(process.geteuid?.() === 0)("another user's folder, and an own one below it", async () => {
    const theirs = join(base, 'theirs');
    await mkdir(join(theirs, 'ours'), { recursive: true });
    await chown(theirs, STRANGER, STRANGER);
    expect(() => requireOwnFolder(theirs)).toThrow('belongs to another user');
    expect(() => requireOwnFolder(join(theirs, 'ours'))).toThrow(`${theirs} belongs to another user`);
  });

  it.runIf(process.geteuid?.() === 0)("another user's link to an own folder", async () => {
    const { lchown } = await import('node:fs/promises');
    await mkdir(join(base, 'state'), { mode: 0o700 });
    await symlink(join(base, 'state'), join(base, 'link'));
    await lchown(join(base, 'link'), STRANGER, STRANGER);
    expect(() => requireOwnFolder(join(base, 'link'))).toThrow('belongs to another user');
  });
});
