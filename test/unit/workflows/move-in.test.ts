/** Archives of OpenClaw's own, as they become backups of ours on this computer: what comes along, what is off, what is refused. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { judgeBackup } from '../../../src/workflows/backup/judge.ts';
import { readManifest } from '../../../src/workflows/backup/manifest.ts';
import { moved } from '../../../src/workflows/move/moved.ts';
import { movedWords } from '../../../src/workflows/move/sentences.ts';
import {
  archiveOf,
  at,
  contents,
  type Entry,
  LAPTOP,
  manifest,
  ROOT,
  SETTINGS,
  STATE,
} from './laptop-archive.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'move-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const archive = (name: string, entries: readonly Entry[]) => archiveOf(join(root, name), entries);

const folder = () => join(root, 'moving');
const move = (file: string) => moved(file, 'restore-1', { movingDir: folder(), clock: systemClock });

it('an archive of "openclaw backup create" becomes a backup of ours in which nothing answers anybody', async () => {
  const file = await archive('laptop.tar.gz', LAPTOP);
  const before = readFileSync(file);
  const { file: made, found } = await move(file);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(await readManifest(made)).toMatchObject({ openclaw_version: '2026.7.1', home: '/moved' });
  expect((await judgeBackup(made)).brings).toContain('code: 1 file(s) below extensions/');
  const all = await contents(made);
  expect(Object.keys(all).sort()).toEqual([
    '.env',
    'agents/main/sessions/sessions.json',
    'cron/jobs.json',
    'extensions/matrix/index.js',
    'openclaw-backup.json',
    'openclaw.json',
    'secrets-moved.json',
    'secrets.json',
    'workspace/SOUL.md',
  ]);
  expect(all).toMatchObject({ 'secrets.json': '{}\n', '.env': 'SLACK_BOT_TOKEN=xoxb\n' });
  expect(all['agents/main/sessions/sessions.json']).toContain(
    '/moved/.openclaw/agents/main/sessions/a.jsonl',
  );
  expect(JSON.parse(all['cron/jobs.json'] ?? '').jobs).toEqual([
    { id: 'j', name: 'morning', enabled: false },
  ]);
  const settings = JSON.parse(all['openclaw.json'] ?? '');
  expect(settings).toMatchObject({
    gateway: { trustedProxies: ['127.0.0.1'] },
    agents: {
      defaults: { workspace: '/moved/.openclaw/workspace', heartbeat: { every: '0m', target: 'last' } },
      list: [{ id: 'main' }, { workspace: '/moved/.openclaw/workspace-2', heartbeat: { every: '0m' } }],
    },
    channels: {
      telegram: { enabled: false, botToken: '4242:x' },
      imessage: { enabled: false },
      slack: { enabled: false },
    },
    hooks: { enabled: false },
    secrets: { providers: { vault: { path: '/moved/.openclaw/secrets-moved.json' } } },
  });
  for (const gone of ['gateway.auth', 'update']) expect(settings).not.toHaveProperty(gone);
  expect(settings.channels.defaults).toEqual({ groupPolicy: 'open' });
  expect(settings.plugins.entries['memory-core'].config.dreaming).toEqual({});
  expect(found).toMatchObject({ channels: ['telegram', 'imessage', 'slack'], missing: 1, outside: 1 });
  const words = movedWords(found).join('\n');
  for (const said of [
    'set "channels.telegram.enabled" true',
    'imessage works with a Mac alone',
    'heartbeat is off',
    'hooks for calls from outside are off',
    '1 plugin(s)',
    '1 workspace(s)',
    '1 link(s)',
    'lists conversations without holding one, as "openclaw backup create" of 2026.7.1 does',
    'tar -czf',
  ])
    expect(words).toContain(said);
});

it.each([
  ['of a home', '.openclaw/', 'clawd/'],
  ['with dots', './.openclaw/', './clawd/'],
])('a plain tar %s is taken too, with the workspace beside the state', async (_, state, workspace) => {
  const { file, found } = await move(
    await archive('plain.tar.gz', [
      [
        { name: `${state}openclaw.json` },
        JSON.stringify({ ...SETTINGS, meta: { lastTouchedVersion: '2026.7.1' } }),
      ],
      [{ name: `${state}agents/main/sessions/sessions.json` }, '{}'],
      [{ name: `${state}agents/main/sessions/a.jsonl` }, '{}\n'],
      [{ name: `${state}state/openclaw.sqlite` }, 'x'],
      [{ name: `${state}state/openclaw.sqlite-wal` }, 'x'],
      [{ name: `${state}state/openclaw.sqlite-shm` }, 'x'],
      [{ name: `${workspace}SOUL.md` }, '# Soul'],
    ]),
  );
  const all = await contents(file);
  expect(all).toHaveProperty(['workspace/SOUL.md'], '# Soul');
  expect(JSON.parse(all['openclaw.json'] ?? '').agents.defaults.workspace).toBe('/moved/.openclaw/workspace');
  expect(Object.keys(all)).toContain('state/openclaw.sqlite-wal');
  expect(Object.keys(all)).not.toContain('state/openclaw.sqlite-shm');
  expect(found).toMatchObject({ version: '2026.7.1', missing: 1 });
  expect(movedWords(found).join()).not.toContain('without holding one');
});

it('automations in a file of another name are off too, and settings that nobody read stay behind', async () => {
  const settings = { ...SETTINGS, cron: { store: `${STATE}/timers/all.json` } };
  const { file } = await move(
    await archive('timers.tar.gz', [
      [
        { name: `${ROOT}/manifest.json` },
        JSON.stringify(
          manifest({
            assets: [
              ...manifest().assets,
              { kind: 'config', sourcePath: '/etc/openclaw.json', archivePath: at('/etc/openclaw.json') },
            ],
          }),
        ),
      ],
      [{ name: at('/etc/openclaw.json') }, JSON.stringify(settings)],
      [{ name: at(`${STATE}/openclaw.json`) }, '{"channels":{"telegram":{"enabled":true}}}'],
      [{ name: at(`${STATE}/timers/all.json`) }, '{"jobs":[{"id":"j","enabled":true}]}'],
    ]),
  );
  const all = await contents(file);
  expect(JSON.parse(all['timers/all.json'] ?? '').jobs).toEqual([{ id: 'j', enabled: false }]);
  expect(JSON.parse(all['openclaw.json'] ?? '')).toMatchObject({
    cron: { store: '/moved/.openclaw/timers/all.json' },
    channels: { telegram: { enabled: false, botToken: '4242:x' } },
  });
});

it('a link in place of the folder of automations is refused, since it would hide them', async () => {
  const entries: Entry[] = [
    ...LAPTOP.filter(([{ name }]) => !name.includes('/cron/')),
    [{ name: at(`${STATE}/timers/jobs.json`) }, '{"jobs":[{"id":"j","enabled":true}]}'],
    [{ name: at(`${STATE}/cron`), type: 'symlink', linkname: 'timers' }],
  ];
  await expect(move(await archive('hidden.tar.gz', entries))).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('is a link; nothing was changed'),
  });
  expect(readdirSync(folder())).toEqual([]);
});

it('what a stranger says of its release and date is taken where it is a release and a date', async () => {
  const said = manifest({
    createdAt: '+275760-09-13T00:00:00.000Z',
    runtimeVersion: '1.2.3-'.padEnd(200, 'x'),
  });
  const entries: Entry[] = [[{ name: `${ROOT}/manifest.json` }, JSON.stringify(said)], ...LAPTOP.slice(1)];
  const { file, found } = await move(await archive('odd.tar.gz', entries));
  expect(await readManifest(file)).toMatchObject({ openclaw_version: '0.0.0' });
  expect(found.version).toBeUndefined();
});

it('what a killed restore has left for a week is removed by the next', async () => {
  mkdirSync(folder(), { mode: 0o700 });
  for (const [name, days] of [
    ['old.tar.gz', 8],
    ['running.tar.gz', 1],
  ] as const) {
    writeFileSync(join(folder(), name), 'x');
    const when = new Date(systemClock.now());
    when.setUTCDate(when.getUTCDate() - days);
    utimesSync(join(folder(), name), when, when);
  }
  await move(await archive('laptop.tar.gz', LAPTOP));
  expect(readdirSync(folder()).sort()).toEqual(['restore-1.tar.gz', 'running.tar.gz']);
});

it('one that was made before is used again, and half of one is made anew', async () => {
  const file = await archive('laptop.tar.gz', LAPTOP);
  mkdirSync(folder(), { mode: 0o700 });
  writeFileSync(join(folder(), 'restore-1.tar.gz.new'), 'half');
  const { file: made } = await move(file);
  const first = readFileSync(made);
  expect((await move(file)).file).toBe(made);
  expect(readFileSync(made).equals(first)).toBe(true);
  expect(readdirSync(folder())).toEqual(['restore-1.tar.gz']);
});

const config = (name: string): Entry => [{ name }, JSON.stringify(SETTINGS)];
it.each<[string, Entry[], RegExp]>([
  ['nothing of OpenClaw', [[{ name: 'notes.txt' }, 'x']], /no state of OpenClaw/],
  [
    'settings alone',
    [[LAPTOP[0]?.[0] ?? { name: '' }, JSON.stringify(manifest({ options: { onlyConfig: true } }))]],
    /settings alone/,
  ],
  [
    'a manifest of another form',
    [[{ name: `${ROOT}/manifest.json` }, '{"schemaVersion":2}']],
    /manifest is of a form/,
  ],
  [
    'a manifest that names a place outside',
    [
      [
        { name: `${ROOT}/manifest.json` },
        JSON.stringify(
          manifest({ assets: [{ kind: 'state', sourcePath: STATE, archivePath: `${ROOT}/../../etc` }] }),
        ),
      ],
    ],
    /names no state/,
  ],
  [
    'settings in several files',
    [[{ name: '.openclaw/openclaw.json' }, '{"$include":"./x.json5"}']],
    /\$include/,
  ],
  ['settings that cannot be read', [[{ name: '.openclaw/openclaw.json' }, '{']], /cannot be read/],
  [
    'a name that leads outside',
    [config('.openclaw/openclaw.json'), [{ name: '../x' }, 'x']],
    /leads outside/,
  ],
  ['a pipe', [config('.openclaw/openclaw.json'), [{ name: '.openclaw/p', type: 'fifo' }]], /neither a file/],
  ['the same twice', [config('.openclaw/openclaw.json'), config('.openclaw/openclaw.json')], /there twice/],
  [
    'something behind a link that leads outside',
    [
      config('.openclaw/openclaw.json'),
      [{ name: '.openclaw/workspace', type: 'symlink', linkname: '/etc' }],
      [{ name: '.openclaw/workspace/cron.d' }, 'x'],
    ],
    /behind a link/,
  ],
  [
    'a link in place of the settings',
    [[{ name: '.openclaw/openclaw.json', type: 'symlink', linkname: 'x' }]],
    /no \.openclaw\/openclaw\.json/,
  ],
])('%s is refused, and nothing of it stays', async (_, entries, why) => {
  const file = await archive('evil.tar.gz', entries);
  await expect(move(file)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(why),
  });
  expect(readdirSync(root)).toEqual(['evil.tar.gz']);
});
