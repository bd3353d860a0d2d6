/** Which files of this computer an assistant may get or give: only what the person allowed, and never a key. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AllowedFolders, fileToSave, fileToSend } from '../../../src/workflows/files/allowed-folders.ts';

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
  allowed = { own: join(dir, 'state/files'), named: [join(dir, 'docs')], stateDir: join(dir, 'state') };
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

  it('takes no root of a disk for a folder that somebody works in', async () => {
    const everything = async () => ['/'];
    await expect(fileToSave(allowed, everything, join(dir, 'other.txt'))).rejects.toMatchObject(refused);
  });
});
