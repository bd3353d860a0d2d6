/** Backups are strangers: what a machine plants in its state, or somebody in an archive, changes no other file. */
import { execFileSync } from 'node:child_process';
import { createDecipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { packBackup } from '../../../src/sidecar/backup/pack.ts';
import { unpackBackup } from '../../../src/sidecar/backup/unpack.ts';
import { fill, rows, sqlite } from './databases-of-anybody.ts';

const TOKEN = 'ab'.repeat(32);
const KEY = '11'.repeat(32);
const GATEWAY = {
  mode: 'local',
  bind: 'loopback',
  auth: { mode: 'token', token: { source: 'file', provider: 'secrets_file', id: '/gateway' } },
};
const OURS = {
  baseUrl: 'https://api.anthropic.com',
  apiKey: { source: 'file', provider: 'secrets_file', id: '/anthropic' },
  models: [],
};
const SETTINGS = { gateway: { ...GATEWAY, port: 18789 }, models: { providers: { anthropic: OURS } } };

let root: string;
let home: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'backup-'));
  home = machine('home', SETTINGS, { gateway: TOKEN, anthropic: 'sk-mine' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function machine(name: string, settings: object, secrets: object): string {
  const place = join(root, name);
  mkdirSync(join(place, '.openclaw/workspace'), { recursive: true });
  mkdirSync(join(place, '.openclaw-mcp/change'), { recursive: true });
  writeFileSync(join(place, '.openclaw/openclaw.json'), JSON.stringify(settings));
  writeFileSync(join(place, '.openclaw/secrets.json'), JSON.stringify(secrets));
  return place;
}

const another = () => machine('other', SETTINGS, { gateway: 'cd'.repeat(32) });

/** Of the last one that was packed. */
let leftOut = 0;

async function packed(): Promise<Buffer> {
  const { iv, left_out } = await packBackup(
    { home, port: 1 },
    { job: 'b1', key: KEY, manifest: { format: 1 } },
  );
  leftOut = left_out;
  const decipher = createDecipheriv('aes-256-ctr', Buffer.from(KEY, 'hex'), Buffer.from(iv, 'hex'));
  return decipher.update(readFileSync(join(home, '.openclaw-mcp/transfer/b1/archive')));
}

function restored(place: string, archive: Buffer) {
  const transfer = join(place, '.openclaw-mcp/transfer/r1');
  mkdirSync(transfer, { recursive: true });
  writeFileSync(join(transfer, 'piece.0'), archive);
  return unpackBackup(
    { home: place, port: 20_000 },
    {
      job: 'r1',
      pieces: 1,
      sha256: createHash('sha256').update(archive).digest('hex'),
      old_home: home,
      gateway: GATEWAY,
      addresses: ['https://api.anthropic.com'],
      providers: ['anthropic', 'openai'],
      defaults: {},
    },
  );
}

type Entry = Partial<Header> & { name: string };
const file = (name: string, content: string): [Entry, string] => [{ name }, content];
/** A backup as somebody with tar makes it. */
async function archiveOf(...entries: [Entry, string?][]): Promise<Buffer> {
  const archive = pack();
  const all = [
    file('openclaw-backup.json', '{}'),
    file('openclaw.json', JSON.stringify(SETTINGS)),
    file('secrets.json', '{"gateway":"theirs"}'),
    ...entries,
  ];
  for (const [header, content = ''] of all) archive.entry(header, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const next = (place: string, name = '') => join(place, '.openclaw-mcp/change/next', name);
const objectIn = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

it('packs files, folders and links that stay inside, whatever else was planted, and no token', async () => {
  const state = join(home, '.openclaw');
  writeFileSync(join(state, 'workspace/two\nlines'), `the token is ${TOKEN}, twice ${TOKEN}`);
  writeFileSync(join(root, 'victim'), 'untouched');
  symlinkSync('workspace/two\nlines', join(state, 'inside'));
  symlinkSync(join(state, 'workspace'), join(state, 'absolute'));
  symlinkSync(join(root, 'victim'), join(state, 'outside'));
  symlinkSync('../../victim', join(state, 'up'));
  execFileSync('mkfifo', [join(state, 'pipe')]);
  mkdirSync(join(state, 'locked'), { mode: 0o500 });
  const archive = await packed();
  const names: string[] = [];
  const unpacked = extract();
  unpacked.on('entry', ({ name }, content, done) => {
    names.push(name);
    content.resume();
    done();
  });
  unpacked.end(execFileSync('gunzip', { input: archive }));
  await once(unpacked, 'finish');
  expect(names[0]).toBe('openclaw-backup.json');
  expect(names).toEqual(expect.arrayContaining(['inside', 'absolute', 'workspace/two\nlines', 'locked/']));
  expect(names.filter((name) => ['outside', 'up', 'pipe'].includes(name))).toEqual([]);
  expect(execFileSync('gunzip', { input: archive }).includes(TOKEN)).toBe(false);
  const other = machine('other', SETTINGS, { gateway: 'cd'.repeat(32), anthropic: 'sk-other' });
  await restored(other, archive);
  expect(readFileSync(next(other, 'inside'), 'utf8')).toHaveLength(
    `the token is ${TOKEN}, twice ${TOKEN}`.length,
  );
  expect(objectIn(next(other, 'secrets.json'))).toEqual({ gateway: 'cd'.repeat(32), anthropic: 'sk-other' });
  expect(objectIn(next(other, 'openclaw.json')).gateway.port).toBe(20_000);
});

it("brings back people's own files under any name, and says how many it cannot name", async () => {
  const workspace = join(home, '.openclaw/workspace');
  const names = [
    'x64\\SQLite.Interop.dll',
    'letter.draft',
    'notes.new.1',
    'shop.sqlite.old.sqlite',
    'shop.sqlite.snapshot',
    'old.sqlite.snapshot/inside',
    'shop.sqlite.snapshot.snapshot',
    'travel.sqlite-journal',
  ];
  mkdirSync(join(workspace, 'old.sqlite.snapshot'));
  for (const name of names) writeFileSync(join(workspace, name), `of ${name}`);
  // As an archive of Windows leaves them behind.
  mkdirSync(Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from([0xdc])]));
  writeFileSync(Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from([0xfc, 0x62])]), 'x');
  const archive = await packed();
  expect(leftOut).toBe(2);
  const other = another();
  await restored(other, archive);
  const back = names.map((name) => readFileSync(next(other, join('workspace', name)), 'utf8'));
  expect(back).toEqual(names.map((name) => `of ${name}`));
});

it.skipIf(sqlite === undefined)("changes nothing in people's own databases", async () => {
  mkdirSync(join(home, '.openclaw/state'));
  for (const name of ['workspace/shop.sqlite', 'state/openclaw.sqlite']) fill(join(home, '.openclaw', name));
  const other = another();
  await restored(other, await packed());
  const before = [[1, 'a'], ['b', 7], ['/x/.openclaw/cron/jobs.json']];
  expect(rows(next(other, 'workspace/shop.sqlite'))).toEqual(before);
  // In OpenClaw's own a process of another machine is nobody.
  expect(rows(next(other, 'state/openclaw.sqlite'))).toEqual([[`${other}/.openclaw/cron/jobs.json`]]);
});

it.skipIf(sqlite === undefined)(
  "takes for OpenClaw's own what a link of its leads to among them",
  async () => {
    mkdirSync(join(home, '.openclaw/workspace/state'));
    symlinkSync('workspace/state', join(home, '.openclaw/state'));
    fill(join(home, '.openclaw/state/openclaw.sqlite'));
    const other = another();
    await restored(other, await packed());
    expect(rows(next(other, 'state/openclaw.sqlite'))).toEqual([[`${other}/.openclaw/cron/jobs.json`]]);
  },
);

it.each<[string, [Entry, string?][]]>([
  ['a link out', [[{ name: 'x', type: 'symlink', linkname: '../../../victim' }]]],
  ['an absolute link', [[{ name: 'x', type: 'symlink', linkname: '/etc/passwd' }]]],
  [
    'a chain of links',
    [
      [{ name: 'a/b/l', type: 'symlink', linkname: '../../x' }],
      [{ name: 'a/b/m', type: 'symlink', linkname: 'l/../../y' }],
    ],
  ],
  ['a file behind a link', [[{ name: 'd', type: 'symlink', linkname: 'workspace' }], file('d/evil', 'x')]],
  ['a file over a link', [[{ name: 'w', type: 'symlink', linkname: 'workspace' }], file('w', 'x')]],
  ['a way up', [file('../../victim', 'x')]],
  ['an absolute name', [file('/tmp/victim-of-a-backup', 'x')]],
  ['a pipe', [[{ name: 'p', type: 'fifo' }]]],
  ['a device', [[{ name: 'p', type: 'character-device', devmajor: 1, devminor: 5 }]]],
  ['a hard link to a stranger', [[{ name: 'h', type: 'link', linkname: '/etc/passwd' }]]],
  [
    'the settings once more as a link',
    [[{ name: './openclaw.json', type: 'symlink', linkname: 'workspace/x' }]],
  ],
])('refuses %s by name, before anything is written, and leaves nothing of it', async (_, entries) => {
  writeFileSync(join(root, 'victim'), 'untouched');
  const refusal = await restored(home, await archiveOf(...entries)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'backup_unusable', detail: expect.stringMatching(/".+"/) });
  expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('untouched');
  expect(readdirSync(join(home, '.openclaw-mcp/change'))).toEqual([]);
  expect(existsSync(join(home, '.openclaw-mcp/transfer/r1'))).toBe(false);
});

it('refuses what is cut, no archive, or larger than the disk, and leaves nothing', async () => {
  const whole = await archiveOf(file('big', 'x'.repeat(100_000)));
  const huge = gzipSync(Buffer.concat([await rawHeader('big', 2 ** 50)]));
  for (const [archive, code] of [
    [whole.subarray(0, -20), 'backup_unusable'],
    [Buffer.from('no archive'), 'backup_unusable'],
    [huge, 'no_room_for_copy'],
  ] as const) {
    await expect(restored(home, archive)).rejects.toMatchObject({ code });
    expect(readdirSync(join(home, '.openclaw-mcp/change'))).toEqual([]);
    expect(existsSync(join(home, '.openclaw-mcp/transfer/r1'))).toBe(false);
  }
});

/** Of a file that is not there; sizes this large are no octal digits any more. */
async function rawHeader(name: string, size: number): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, size });
  for await (const chunk of archive) if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  return Buffer.alloc(0);
}

it('replaces: what an earlier backup brought is gone, and only ours stays', async () => {
  const evil = {
    baseUrl: 'https://evil.example',
    apiKey: { source: 'file', provider: 'secrets_file', id: '/anthropic' },
  };
  const brought = {
    ...SETTINGS,
    gateway: { ...GATEWAY, bind: 'lan', auth: { mode: 'none' } },
    secrets: { providers: { program: { source: 'exec', command: '/bin/sh' } } },
    models: { providers: { evil, anthropic: { ...OURS, baseUrl: 'https://evil.example' } } },
  };
  const first = await archiveOfState(brought, { gateway: 'x', anthropic: 'sk-theirs', openai: 'sk-theirs' });
  await restored(home, first);
  const after = objectIn(next(home, 'openclaw.json'));
  expect(after.gateway).toMatchObject(GATEWAY);
  expect(after.models.providers.anthropic.baseUrl).toBe('https://api.anthropic.com');
  expect(after.models.providers.evil.apiKey).toBeUndefined();
  expect(objectIn(next(home, 'secrets.json'))).toMatchObject({ gateway: TOKEN, anthropic: 'sk-mine' });
  const again = machine('again', after, { gateway: TOKEN, anthropic: 'sk-mine', planted: 'x' });
  await restored(again, await archiveOfState(SETTINGS, { slack_bot: 'xoxb' }));
  const clean = objectIn(next(again, 'openclaw.json'));
  expect(Object.keys(clean.models.providers)).toEqual(['anthropic']);
  expect(Object.keys(clean.secrets.providers)).toEqual(['secrets_file']);
  expect(objectIn(next(again, 'secrets.json'))).toEqual({
    gateway: TOKEN,
    slack_bot: 'xoxb',
    anthropic: 'sk-mine',
  });
});

async function archiveOfState(settings: object, secrets: object): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'openclaw-backup.json' }, '{}');
  archive.entry({ name: './openclaw.json' }, JSON.stringify(settings));
  archive.entry({ name: 'secrets.json' }, JSON.stringify(secrets));
  archive.entry({ name: 'locked', type: 'directory', mode: 0o500 });
  archive.entry({ name: 'locked/file', mode: 0o400 }, 'x');
  archive.finalize();
  return gzipSync(await buffer(archive));
}

it('a backup that somebody makes take for ever is given up', async () => {
  const elapsed = vi.spyOn(systemClock, 'elapsed');
  const archive = await packed();
  elapsed.mockReturnValueOnce(0).mockReturnValue(2 * 60 * 60_000);
  const other = another();
  await expect(restored(other, archive)).rejects.toMatchObject({ code: 'backup_unusable' });
  elapsed.mockRestore();
  expect(existsSync(next(other))).toBe(false);
});
