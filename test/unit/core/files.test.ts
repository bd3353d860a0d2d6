/** Files of the state folder on disks that cannot do everything. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { privateDir, readIfThere, renameToNew, tidyDrafts, withFileLock } from '../../../src/core/files.ts';
import { inStateFolder } from '../../../src/core/state-folder.ts';

let dir: string;
const { link, mkdir: makeFolder } = fs.promises;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(async () => {
  Object.assign(fs.promises, { link, mkdir: makeFolder });
  syncBuiltinESMExports();
  await rm(dir, { recursive: true, force: true });
});

function refuse(call: 'link' | 'mkdir', code: string): void {
  fs.promises[call] = async () => {
    throw Object.assign(new Error(code), { code, syscall: call });
  };
  syncBuiltinESMExports();
}

it('a lock keeps others out where the disk knows no hard links', async () => {
  refuse('link', 'EPERM');
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await systemClock.sleep(1);
    inside -= 1;
  };
  const all = Array.from({ length: 20 }, () => withFileLock(systemClock, join(dir, '.lock'), work));
  await Promise.all(all);
  expect(await readdir(dir)).toEqual([]);
});

it('a lock whose holder died before it could write its name is taken over', async () => {
  const lock = join(dir, '.lock');
  await writeFile(lock, '');
  const earlier = new Date(systemClock.now() - 10_000);
  await utimes(lock, earlier, earlier);
  expect(await withFileLock(systemClock, lock, async () => 'done')).toBe('done');
});

it('a file gets a new name without hard links, and never over another file', async () => {
  refuse('link', 'ENOTSUP');
  const [part, file] = [join(dir, 'part'), join(dir, 'file')];
  await writeFile(part, 'whole');
  await renameToNew(part, file);
  expect(await readFile(file, 'utf8')).toBe('whole');
  await writeFile(part, 'other');
  await expect(renameToNew(part, file)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(file, 'utf8')).toBe('whole');
});

it('a full disk is named where a folder is to be made', async () => {
  const folder = join(dir, 'a', 'b');
  const made = fs.promises.mkdir;
  refuse('mkdir', 'ENOSPC');
  await expect(inStateFolder(folder, () => privateDir(folder))).rejects.toMatchObject({
    code: 'unavailable',
    message: `The folder ${folder} cannot be used: its disk is full (ENOSPC)`,
    next: expect.stringContaining('Make room'),
  });
  fs.promises.mkdir = made;
  syncBuiltinESMExports();
  await privateDir(folder);
  expect(await readdir(join(dir, 'a'))).toEqual(['b']);
});

it('a folder that a file stands in the way of is named', async () => {
  await writeFile(join(dir, 'file'), '');
  const folder = join(dir, 'file');
  await expect(inStateFolder(folder, () => privateDir(folder))).rejects.toThrow(
    /cannot be used: a part of its path is no folder/,
  );
});

it('drafts of processes that died are removed after an hour, and nothing else', async () => {
  await mkdir(join(dir, 'records'));
  const old = new Date(systemClock.now() - 2 * 3_600_000);
  for (const name of ['a.json.0123456789ab.tmp', 'b.json.0123456789ab.tmp', 'c.tmp', 'd.json'])
    await writeFile(join(dir, name), '');
  for (const name of ['a.json.0123456789ab.tmp', 'c.tmp', 'd.json']) await utimes(join(dir, name), old, old);
  await tidyDrafts(systemClock, dir);
  expect((await readdir(dir)).sort()).toEqual(['b.json.0123456789ab.tmp', 'c.tmp', 'd.json', 'records']);
  await tidyDrafts(systemClock, join(dir, 'not-there'));
});

it('a pipe in the place of a file is not waited for', async () => {
  const pipe = join(dir, 'record.json');
  execFileSync('mkfifo', [pipe]);
  expect(await readIfThere(pipe)).toBeUndefined();
});
