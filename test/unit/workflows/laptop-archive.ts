/** An archive as `openclaw backup create` of a laptop writes it, to be moved in. */
import { createReadStream, writeFileSync } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';

export type Entry = [Partial<Header> & { name: string }, string?];
export const HOME = '/Users/ada';
export const STATE = `${HOME}/.openclaw`;
export const ROOT = '2026-11-27T19-06-34.395+00-00-openclaw-backup';
export const at = (path: string) => `${ROOT}/payload/posix${path}`;

export const SETTINGS = {
  gateway: { port: 18789, bind: 'lan', auth: { token: 'old-token' }, tailscale: { mode: 'funnel' } },
  update: { auto: { enabled: true } },
  agents: {
    defaults: { workspace: `${HOME}/clawd`, heartbeat: { every: '30m', target: 'last' } },
    list: [{ id: 'main' }, { id: 'ops', workspace: '~/ops', heartbeat: { every: '5m' } }],
  },
  channels: {
    defaults: { groupPolicy: 'open' },
    telegram: { enabled: true, botToken: '4242:x' },
    imessage: { cliPath: `${HOME}/bin/imsg` },
    discord: { enabled: false },
  },
  hooks: { enabled: true, token: 'h' },
  plugins: { entries: { 'memory-core': { config: { dreaming: { enabled: true } } } } },
  secrets: { providers: { vault: { source: 'file', path: `${STATE}/secrets.json` } } },
};

export const manifest = (over: object = {}) => ({
  schemaVersion: 1,
  createdAt: '2026-11-27T19:06:34.395Z',
  archiveRoot: ROOT,
  runtimeVersion: '2026.7.1',
  platform: 'darwin',
  options: { includeWorkspace: true, onlyConfig: false },
  paths: { stateDir: STATE, configPath: `${STATE}/openclaw.json`, workspaceDirs: [`${HOME}/clawd`] },
  assets: [
    { kind: 'state', sourcePath: STATE, archivePath: at(STATE) },
    { kind: 'workspace', sourcePath: `${HOME}/clawd`, archivePath: at(`${HOME}/clawd`) },
  ],
  ...over,
});

export const LAPTOP: Entry[] = [
  [{ name: `${ROOT}/manifest.json` }, JSON.stringify(manifest())],
  [{ name: at(`${STATE}/openclaw.json`) }, JSON.stringify(SETTINGS)],
  [{ name: at(`${STATE}/openclaw.json.last-good`) }, JSON.stringify(SETTINGS)],
  [{ name: at(`${STATE}/secrets.json`) }, '{"telegram":"4242:x"}'],
  [{ name: at(`${STATE}/.env`) }, 'OPENCLAW_GATEWAY_TOKEN=old\nSLACK_BOT_TOKEN=xoxb\n'],
  [{ name: at(`${STATE}/identity/device.json`) }, '{}'],
  [{ name: at(`${STATE}/plugin-skills/x`), type: 'symlink', linkname: '/usr/x' }],
  [{ name: at(`${STATE}/skills/mine`), type: 'symlink', linkname: `${HOME}/dev/mine` }],
  [
    { name: at(`${STATE}/agents/main/sessions/sessions.json`) },
    JSON.stringify({ 'agent:main:main': { sessionFile: `${STATE}/agents/main/sessions/a.jsonl` } }),
  ],
  [
    { name: at(`${STATE}/cron/jobs.json`) },
    '{"version":1,"jobs":[{"id":"j","name":"morning","enabled":true}]}',
  ],
  [{ name: at(`${STATE}/extensions/matrix/index.js`) }, 'x'],
  [{ name: at(`${HOME}/clawd/SOUL.md`) }, '# Soul'],
  [{ name: at(`${HOME}/clawd/.DS_Store`) }, 'x'],
];

/** A gzipped tar of these. */
export async function archiveOf(file: string, entries: readonly Entry[]): Promise<string> {
  const tar = pack();
  for (const [header, content = ''] of entries) tar.entry(header, content);
  tar.finalize();
  writeFileSync(file, gzipSync(await buffer(tar)));
  return file;
}

/** Text of each entry by its name. */
export async function contents(file: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const reader = extract();
  reader.on('entry', (header, stream, done) => {
    text(stream).then((content) => {
      found[header.name] = content;
      done();
    }, done);
  });
  await pipeline(createReadStream(file), createGunzip(), reader);
  return found;
}
