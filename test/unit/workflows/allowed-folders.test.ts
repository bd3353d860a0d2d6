/** Which files of this computer an assistant may get or give: only what the person allowed, and never a key. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AllowedFolders, fileToSave, fileToSend } from '../../../src/workflows/files/allowed-folders.ts';
import { OF_THE_SYSTEM } from '../../../src/workflows/files/client-folders.ts';
import { isOnlyName, openPart } from '../../../src/workflows/files/part-file.ts';
import { openToSend } from '../../../src/workflows/files/transfer.ts';

let dir: string;
let allowed: AllowedFolders;
const put = (path: string) => {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), 'x');
  return join(dir, path);
};
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'allowed-')));
  for (const name of ['state', 'docs', 'project']) mkdirSync(join(dir, name), { mode: 0o700 });
  allowed = {
    ...{ own: join(dir, 'state/files'), named: [join(dir, 'docs')], stateDir: join(dir, 'state') },
    home: join(dir, 'home'),
  };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const roots = async () => [join(dir, 'project')];
const send = (path: string) => fileToSend(allowed, path);
const save = (path: string) => fileToSave(allowed, roots, path);
const refused = { code: 'invalid_input' };

describe('sending', () => {
  it('takes a name from the own folder, and whole paths in folders that the person named', async () => {
    put('state/files/a.txt');
    expect(await send('a.txt')).toBe(join(dir, 'state/files/a.txt'));
    expect(await send(put('docs/deep/b.pdf'))).toBe(join(dir, 'docs/deep/b.pdf'));
  });

  it('takes nothing from where the client works', async () => {
    await expect(send(put('project/plan.txt'))).rejects.toMatchObject(refused);
  });

  it('follows no link out of an allowed folder, inside or at the end', async () => {
    put('project/secret.txt');
    symlinkSync(join(dir, 'project'), join(dir, 'docs/out'));
    symlinkSync(join(dir, 'project/secret.txt'), join(dir, 'docs/file.txt'));
    await expect(send(join(dir, 'docs/out/secret.txt'))).rejects.toMatchObject(refused);
    await expect(send(join(dir, 'docs/file.txt'))).rejects.toMatchObject(refused);
    await expect(send(`${dir}/docs/../project/secret.txt`)).rejects.toMatchObject(refused);
  });

  it.each([
    '.env',
    '.env.local',
    'prod.env',
    'server.pem',
    'id_ed25519',
    'id_rsa.pub',
    'tls.key',
    'credentials',
  ])('refuses %s in any folder', async (name) => {
    await expect(send(put(`docs/${name}`))).rejects.toMatchObject(refused);
  });

  it.each([
    'docs/.git/config',
    'docs/.ssh/config',
    'docs/deep/.npmrc',
    'state/transfer.key',
    'state/operations/x.json',
  ])('refuses %s', async (path) => {
    allowed = { ...allowed, named: [dir, join(dir, 'docs')] };
    await expect(send(put(path))).rejects.toMatchObject(refused);
  });

  it.each(['id_card.png', 'keynote.pdf', 'environment.txt', 'secrets of cooking.txt'])(
    'takes %s, which only sounds so',
    async (name) => {
      await expect(send(put(`docs/${name}`))).resolves.toContain(name);
    },
  );

  it('refuses a file that has a second name, since it may be anything', async () => {
    linkSync(put('project/secret.txt'), join(dir, 'docs/file.txt'));
    await expect(send(join(dir, 'docs/file.txt'))).rejects.toMatchObject({
      ...refused,
      next: expect.stringContaining('hard link'),
    });
    await expect(openToSend({ allowed }, join(dir, 'docs/file.txt'))).rejects.toMatchObject(refused);
    unlinkSync(join(dir, 'project/secret.txt'));
    const handle = await openToSend({ allowed }, join(dir, 'docs/file.txt'));
    await handle.close();
  });

  it('tells what is open from what has its name now', async () => {
    const [file, other] = [put('docs/a.txt'), put('docs/b.txt')];
    const handle = await open(file);
    expect(await isOnlyName(handle, file)).toBe(true);
    renameSync(other, file);
    expect(await isOnlyName(handle, file)).toBe(false);
    unlinkSync(file);
    symlinkSync(put('docs/c.txt'), file);
    expect(await isOnlyName(handle, file)).toBe(false);
    await handle.close();
  });

  it('says of what is not there, or is no file, what it is', async () => {
    await expect(send('none.txt')).rejects.toMatchObject({ code: 'not_found' });
    mkdirSync(join(dir, 'docs/folder'));
    await expect(send(join(dir, 'docs/folder'))).rejects.toMatchObject(refused);
  });
});

describe('saving', () => {
  it('goes to the own folder, to named ones, and to where the client works', async () => {
    expect(await save('a.txt')).toBe(join(dir, 'state/files/a.txt'));
    expect(await save(join(dir, 'docs/a.txt'))).toBe(join(dir, 'docs/a.txt'));
    expect(await save(join(dir, 'project/a.txt'))).toBe(join(dir, 'project/a.txt'));
  });

  it('overwrites nothing, and touches no file that programs read by themselves', async () => {
    await expect(save(put('project/a.txt'))).rejects.toMatchObject(refused);
    mkdirSync(join(dir, 'project/.git/hooks'), { recursive: true });
    for (const path of ['.git/hooks/pre-commit', '.mcp.json', '.env'])
      await expect(save(join(dir, 'project', path))).rejects.toMatchObject(refused);
  });

  it.each(['a\nb', 'a\u202eb', 'x'.repeat(151), '..', '.', 'deep/a.txt', '/'])('refuses %j', async (path) => {
    await expect(save(path)).rejects.toMatchObject(refused);
  });

  it('writes into nothing that somebody put where it is arriving', async () => {
    const [file, bashrc] = [join(dir, 'project/a.txt'), put('home/bashrc')];
    linkSync(bashrc, `${file}.op1.part`);
    symlinkSync(bashrc, `${file}.op2.part`);
    await expect(openPart(file, 'op1')).rejects.toMatchObject({ code: 'conflict' });
    await expect(openPart(file, 'op2')).rejects.toThrow();
    expect(readFileSync(bashrc, 'utf8')).toBe('x');
  });

  it.each([
    ['home', 'Library/LaunchAgents/a.plist'],
    ['.', 'home/notes.txt'],
    ['home/.config', 'autostart/a.desktop'],
    ['home/.config/autostart', 'a.desktop'],
    ['home/Library/LaunchAgents', 'a.plist'],
    ['home/AppData/Roaming', 'x/a.bat'],
    ['home/bin', 'ls'],
    ['project', '.config/autostart/a.desktop'],
    ['project', 'autostart/a.desktop'],
    ['project', 'Documents/WindowsPowerShell/profile.ps1'],
  ])('into what the client names as its folder, not for %s and %s', async (root, inside) => {
    const file = join(dir, root, inside);
    mkdirSync(join(file, '..'), { recursive: true });
    await expect(fileToSave(allowed, async () => [join(dir, root)], file)).rejects.toMatchObject(refused);
    // Who names the very folder means it.
    allowed = { ...allowed, named: [join(file, '..')] };
    expect(await fileToSave(allowed, async () => [], file)).toBe(file);
  });

  it('directly into the home of a person who types there, and nowhere below or beside it', async () => {
    mkdirSync(join(dir, 'home/Library'), { recursive: true });
    const home = async () => [join(dir, 'home')];
    const typed = { ...allowed, typedIn: join(dir, 'home') };
    expect(await fileToSave(typed, home, join(dir, 'home/report.pdf'))).toBe(join(dir, 'home/report.pdf'));
    for (const other of ['home/.bashrc', 'home/Library/a.plist', 'other.txt', 'home/id_rsa']) {
      await expect(fileToSave(typed, home, join(dir, other))).rejects.toMatchObject(refused);
    }
    await expect(
      fileToSave({ ...typed, typedIn: dir }, async () => [dir], join(dir, 'other.txt')),
    ).rejects.toMatchObject(refused);
  });

  it('says that a home is no folder that counts, and takes a project below it', async () => {
    mkdirSync(join(dir, 'home/work/site/.worktrees/b'), { recursive: true });
    const home = async () => [join(dir, 'home')];
    await expect(fileToSave(allowed, home, join(dir, 'home/a.txt'))).rejects.toMatchObject({
      message: expect.stringContaining('does not count'),
    });
    for (const root of ['home/work', 'home/work/site/.worktrees/b']) {
      const file = join(dir, root, 'a.txt');
      expect(await fileToSave(allowed, async () => [join(dir, root)], file)).toBe(file);
    }
  });

  it.each(['/etc', '/usr/local/bin', '/private/etc/x', '/var/spool/cron'])(
    '%s is of the system',
    async (root) => {
      expect(OF_THE_SYSTEM.test(root)).toBe(true);
      expect(OF_THE_SYSTEM.test('/home/me/etc')).toBe(false);
    },
  );

  it('takes no root of a disk for a folder that somebody works in', async () => {
    const everything = async () => ['/'];
    await expect(fileToSave(allowed, everything, join(dir, 'other.txt'))).rejects.toMatchObject(refused);
  });
});
