/** Restores of archives that somebody else made, through the tools: told first, judged whole, and replaced by a clean one. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let home: string;
let own: string;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  const machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
  const root = dirname(lab.stateDir);
  const found = (await readdir(root, { recursive: true })).find(
    (path) => path.includes(machine.replace(/^dm-/, '')) && path.endsWith('/.openclaw'),
  );
  home = dirname(join(root, found ?? 'there is none'));
  own = Object((await agent.finish('backup_openclaw')).data.backup).file;
}, 300_000);
afterAll(() => lab.close());

const EVIL = 'https://evil.example/v1';
const manifest = () => ({
  format: 1,
  created_at: '2026-11-01T00:00:00.000Z',
  machine_id: 'dm-somebody',
  openclaw_version: '2026.9.6',
  home: '/home/machine',
});

async function settings(): Promise<Record<string, unknown>> {
  const mine = JSON.parse(await readFile(join(home, '.openclaw/openclaw.json'), 'utf8'));
  const evil = {
    baseUrl: EVIL,
    apiKey: { source: 'file', provider: 'secrets_file', id: '/anthropic' },
    models: [],
  };
  return { ...mine, models: { providers: { ...mine.models.providers, evil } } };
}

/** An archive in the folder of backups, as a stranger makes it. */
async function strange(
  name: string,
  ...entries: [Partial<Header> & { name: string }, string?][]
): Promise<string> {
  const archive = pack();
  archive.entry({ name: 'openclaw-backup.json' }, JSON.stringify(manifest()));
  archive.entry({ name: 'openclaw.json' }, JSON.stringify(await settings()));
  archive.entry({ name: 'secrets.json' }, JSON.stringify({ gateway: 'x', extra: 'y' }));
  archive.entry({ name: '.env' }, 'NODE_OPTIONS=--require /tmp/x\n');
  for (const [header, content = ''] of entries) archive.entry(header, content);
  archive.finalize();
  const file = join(lab.stateDir, 'backups', name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, gzipSync(await buffer(archive)));
  return file;
}

const restore = (args: object) =>
  agent.finish('backup_openclaw', { action: 'restore', replace: true, ...args });
const transfers = () => readdir(join(home, '.openclaw-mcp/transfer')).catch(() => []);

it('a backup holds neither the gateway token nor a name that its reader takes for words', async () => {
  const { gateway } = JSON.parse(await readFile(join(home, '.openclaw/secrets.json'), 'utf8'));
  const unpacked = gunzipSync(await readFile(own));
  expect(unpacked.includes(gateway)).toBe(false);
  expect(unpacked.includes(PROVIDER_KEY)).toBe(true);
});

it('a backup from elsewhere is told with what it brings, and restored only with the confirmation', async () => {
  const file = await strange('foreign.tar.gz');
  const asked = await restore({ file });
  expect(asked.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(asked.texts.join('\n')).toContain(EVIL);
  expect(asked.texts.join('\n')).toContain('NODE_OPTIONS');
  expect(asked.texts[0]).not.toContain('evil');
  const before = await readFile(join(home, '.openclaw/openclaw.json'), 'utf8');
  expect(before).not.toContain('evil');
  const confirmation = /confirmation "([^"]+)"/.exec(asked.texts.join('\n'))?.[1];
  expect((await restore({ file: own, confirmation: 'c1.0.x' })).data.status).toBe('done');
  expect((await restore({ file, confirmation })).data).toMatchObject({ status: 'done' });
  const status = await agent.call('gateway_status');
  expect(status.data.posture).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'additions', state: 'warning' })]),
  );
  expect(status.texts.at(-1)).toContain(EVIL);
  const after = JSON.parse(await readFile(join(home, '.openclaw/openclaw.json'), 'utf8'));
  expect(after.models.providers.evil.apiKey).toBeUndefined();
}, 300_000);

it('a clean backup puts all of that away again', async () => {
  expect((await restore({ file: own })).data).toMatchObject({ status: 'done' });
  const text = await readFile(join(home, '.openclaw/openclaw.json'), 'utf8');
  expect(text).not.toContain('evil');
  expect((await readdir(join(home, '.openclaw'))).includes('.env')).toBe(false);
  const status = await agent.call('gateway_status');
  expect(status.data).toMatchObject({ working: true });
  expect(status.data.posture).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'additions', state: 'ok' })]),
  );
  expect(await transfers()).toEqual([]);
}, 300_000);

const LAPTOP = '/Users/ada/.openclaw';
const ROOT = '2026-11-27T19-06-34.395Z-openclaw-backup';
const IN_ROOT = `${ROOT}/payload/posix${LAPTOP}`;

/** What the assistant here knows, as OpenClaw's own command packs it on a laptop. */
async function laptop(): Promise<string> {
  const archive = pack();
  const theirs = JSON.stringify({
    schemaVersion: 1,
    createdAt: '2026-11-27T19:06:34.395Z',
    archiveRoot: ROOT,
    runtimeVersion: '2026.7.1',
    paths: { stateDir: LAPTOP, configPath: `${LAPTOP}/openclaw.json` },
    assets: [{ kind: 'state', sourcePath: LAPTOP, archivePath: IN_ROOT }],
  });
  archive.entry({ name: `${ROOT}/manifest.json` }, theirs);
  const jobs = [
    { id: 'job-1', name: 'Morning', enabled: true, schedule: { kind: 'cron', expr: '0 7 * * *' } },
  ];
  archive.entry({ name: `${IN_ROOT}/cron/jobs.json` }, JSON.stringify({ version: 1, jobs }));
  for (const [name, content] of await contentsOf(own)) {
    if (['openclaw-backup.json', 'secrets.json', 'cron/jobs.json'].includes(name)) continue;
    if (name !== 'openclaw.json') archive.entry({ name: `${IN_ROOT}/${name}` }, content);
    else {
      const mine = JSON.parse(content.toString().replaceAll(join(home, '.openclaw'), LAPTOP));
      const telegram = { enabled: true, botToken: '4242424242:laptop' };
      const gateway = { port: 1, auth: { mode: 'token', token: 'the-laptops-own-token' } };
      const moved = { ...mine, secrets: {}, gateway, channels: { telegram } };
      archive.entry({ name: `${IN_ROOT}/openclaw.json` }, JSON.stringify(moved));
    }
  }
  archive.finalize();
  const file = join(lab.stateDir, 'backups', 'laptop.tar.gz');
  await writeFile(file, gzipSync(await buffer(archive)));
  return file;
}

/** Files of an archive by name. */
async function contentsOf(file: string): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  const reader = extract();
  reader.on('entry', (header, stream, done) => {
    buffer(stream).then((content) => {
      if (header.type === 'file') found.push([header.name, content]);
      done();
    }, done);
  });
  reader.end(gunzipSync(await readFile(file)));
  await finished(reader);
  return found;
}

it('an assistant of a laptop moves in: told first, and nothing of it answers anybody', async () => {
  const said = await agent.finish('chat', { message: 'Remember the word quince.', session: 'laptop' });
  expect(said.data.status).toBe('done');
  own = Object((await agent.finish('backup_openclaw')).data.backup).file;
  const file = await laptop();
  const before = await readFile(file);
  const asked = await restore({ file });
  expect(asked.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(asked.texts[0]).toContain('set "channels.telegram.enabled" true switches it on');
  expect(await readdir(join(lab.stateDir, 'moving'))).toEqual([]);
  const confirmation = /confirmation "([^"]+)"/.exec(asked.texts.join('\n'))?.[1];
  const done = await restore({ file, confirmation });
  expect(done.data).toMatchObject({
    status: 'done',
    backup: { file, openclaw_version: '2026.7.1' },
    moved_in: {
      channels_off: ['telegram'],
      automations_off: [{ id: 'job-1', name: 'Morning' }],
      plugins: [],
    },
  });
  expect((await readFile(file)).equals(before)).toBe(true);
  expect(await readdir(join(lab.stateDir, 'moving'))).toEqual([]);
  const now = JSON.parse(await readFile(join(home, '.openclaw/openclaw.json'), 'utf8'));
  expect(now.channels.telegram).toEqual({ enabled: false, botToken: '4242424242:laptop' });
  expect(now.agents.defaults.workspace).toBe(join(home, '.openclaw/workspace'));
  expect(JSON.stringify(now)).not.toContain('the-laptops-own-token');
  const { data } = await agent.finish('chat', { message: 'What did I tell you first?', session: 'laptop' });
  expect(data.reply).toContain('quince');
}, 300_000);

it.each<[string, Partial<Header> & { name: string }]>([
  ['link', { name: 'workspace/way-out', type: 'symlink', linkname: '../../../../.bashrc' }],
  ['pipe', { name: 'workspace/way-out', type: 'fifo' }],
  ['name', { name: '../way-out' }],
])('a %s that leads outside is refused by name before the machine hears of it', async (_, header) => {
  const { data, texts } = await restore({ file: await strange('evil.tar.gz', [header]) });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
  expect(texts.join('\n')).toContain('way-out');
  expect(texts[0]).not.toContain('way-out');
  expect(await transfers()).toEqual([]);
});

it.each([
  ['a pipe', (file: string) => execFileSync('mkfifo', [file])],
  ['empty', (file: string) => writeFile(file, '')],
  ['a folder', (file: string) => mkdir(file)],
])('a checksum that is %s counts as one that cannot be read', async (_, plant) => {
  const file = await strange('beside.tar.gz');
  await plant(`${file}.sha256`);
  const { data } = await restore({ file });
  await rm(`${file}.sha256`, { recursive: true });
  expect(data).toMatchObject({
    status: 'failed',
    error: { code: 'invalid_input', message: expect.stringContaining('checksum') },
  });
});
