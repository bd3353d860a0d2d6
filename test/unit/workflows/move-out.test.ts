/** A backup of ours as an archive of OpenClaw's own: under any home, with a token of its own, and none of what is only ours. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownManifest } from '../../../src/openclaw/own-archive.ts';
import { writeOwnArchive } from '../../../src/workflows/move/move-out.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'move-out-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const manifest = {
  format: 1 as const,
  created_at: '2026-11-27T19:06:34.395Z',
  machine_id: 'dm-one',
  openclaw_version: '2026.9.6',
  home: '/home/machine',
};
const SETTINGS = {
  gateway: { auth: { token: { source: 'file', provider: 'secrets_file', id: '/gateway' } } },
  secrets: { providers: { secrets_file: { path: '/home/machine/.openclaw/secrets.json' } } },
  agents: { defaults: { workspace: '/home/machine/.openclaw/workspace' } },
  plugins: {
    load: { paths: ['/home/machine/.openclaw-mcp/limit/plugin', '/home/machine/.openclaw/mine'] },
    entries: { 'openclaw-dedalus-limit': { enabled: true }, mine: { enabled: true } },
    allow: ['openclaw-dedalus-limit', 'mine'],
  },
};

async function ours(settings: string): Promise<string> {
  const tar = pack();
  tar.entry({ name: 'openclaw-backup.json' }, JSON.stringify(manifest));
  tar.entry({ name: 'openclaw.json' }, settings);
  tar.entry({ name: 'secrets.json' }, '{"anthropic":"sk-mine"}');
  tar.entry({ name: 'state', type: 'directory' });
  tar.entry({ name: 'state/openclaw.sqlite.snapshot' }, 'database');
  tar.entry({ name: 'workspace/latest', type: 'symlink', linkname: 'SOUL.md' });
  tar.entry({ name: 'workspace/x64\\odd.dll' }, 'OpenClaw verifies no archive with such a name');
  tar.finalize();
  const file = join(root, 'ours.tar.gz');
  writeFileSync(file, gzipSync(await buffer(tar)));
  return file;
}

async function entries(file: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const reader = extract();
  reader.on('entry', (header, stream, done) => {
    text(stream).then((content) => {
      found.push([header.name, header.linkname ?? content]);
      done();
    }, done);
  });
  reader.end(gunzipSync(readFileSync(file)));
  await finished(reader);
  return found;
}

const out = { manifest, token: 'fresh-token' };

it('holds the state where its manifest says, with another token and without what is only ours', async () => {
  const made = join(root, 'made');
  expect(await writeOwnArchive(await ours(JSON.stringify(SETTINGS)), made, out)).toBe(1);
  const all = await entries(made);
  const [first] = all;
  const said = ownManifest.parse(JSON.parse(first?.[1] ?? ''));
  expect(first?.[0]).toBe(`${said.archiveRoot}/manifest.json`);
  const state = said.assets[0]?.archivePath;
  expect(state).toBe(`${said.archiveRoot}/payload/posix/home/machine/.openclaw`);
  const inState = new Map(all.slice(1).map(([name, content]) => [name.replace(`${state}/`, ''), content]));
  expect([...inState.keys()]).toEqual([
    'openclaw.json',
    'secrets.json',
    'state/',
    'state/openclaw.sqlite',
    'workspace/latest',
  ]);
  expect(JSON.parse(inState.get('secrets.json') ?? '')).toEqual({
    anthropic: 'sk-mine',
    gateway: 'fresh-token',
  });
  expect(inState.get('workspace/latest')).toBe('SOUL.md');
  const settings = JSON.parse(inState.get('openclaw.json') ?? '');
  expect(settings.plugins).toEqual({
    load: { paths: ['~/.openclaw/mine'] },
    entries: { mine: { enabled: true } },
    allow: ['mine'],
  });
  expect(settings.agents.defaults.workspace).toBe('~/.openclaw/workspace');
  expect(settings.secrets.providers.secrets_file.path).toBe('~/.openclaw/secrets.json');
});

it('is the same again, over half of one that a killed process has left', async () => {
  const file = await ours(JSON.stringify(SETTINGS));
  const [one, two] = [join(root, 'one'), join(root, 'two')];
  await writeOwnArchive(file, one, out);
  writeFileSync(two, 'x'.repeat(100_000));
  await writeOwnArchive(file, two, out);
  expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
});

it('is not made of settings that cannot be read', async () => {
  const making = writeOwnArchive(await ours('{'), join(root, 'made'), out);
  await expect(making).rejects.toMatchObject({ code: 'conflict' });
});
