/** What of an assistant that moves in would run by itself or answer somebody is seen, whatever form it has, and nothing of it stays lying. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { ourForm } from '../../../src/workflows/backup/taken-file.ts';
import { variablesIn, withoutOurVariables } from '../../../src/workflows/move/left-behind.ts';
import { withStore } from '../../../src/workflows/move/places.ts';
import { quieted } from '../../../src/workflows/move/quiet.ts';
import { movedWords } from '../../../src/workflows/move/sentences.ts';
import { theirArchive } from '../../../src/workflows/move/their-archive.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quiet-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('variables are seen as OpenClaw reads them: with a colon, below env.vars and beside it', () => {
  const text = 'export OPENCLAW_GATEWAY_TOKEN: old\nDISCORD_BOT_TOKEN: abc\nX=1\n';
  expect(variablesIn(text)).toEqual(['OPENCLAW_GATEWAY_TOKEN', 'DISCORD_BOT_TOKEN', 'X']);
  expect(withoutOurVariables(text)).toBe('DISCORD_BOT_TOKEN: abc\nX=1\n');
  const env = { vars: { SLACK_BOT_TOKEN: 'x' }, TELEGRAM_BOT_TOKEN: '4242:x' };
  const { settings, channels } = quieted({ env }, ['DISCORD_BOT_TOKEN']);
  expect(channels.sort()).toEqual(['discord', 'slack', 'telegram']);
  for (const name of channels) expect(settings).toHaveProperty(`channels.${name}.enabled`, false);
});

it.each([
  [['IRC_HOST'], 'irc'],
  [['LINE_CHANNEL_SECRET'], 'line'],
  [['MATRIX_OPS_ACCESS_TOKEN'], 'matrix'],
  [['GOOGLE_CHAT_SERVICE_ACCOUNT_FILE'], 'googlechat'],
  [['TWILIO_AUTH_TOKEN', 'TWILIO_SMS_FROM'], 'sms'],
  [['SLACK_USER_TOKEN'], 'slack'],
])('a channel that the environment alone sets up is off: %s', (variables, channel) => {
  const { settings, channels } = quieted({}, variables);
  expect(channels).toEqual([channel]);
  expect(settings.channels).toEqual({ [channel]: { enabled: false } });
});

it('a channel whose settings may not say that alone is off as a plugin', () => {
  const quiet = quieted({}, ['OPENCLAW_TWITCH_ACCESS_TOKEN']);
  expect(quiet.channels).toEqual(['twitch']);
  expect(quiet.settings.channels).toBeUndefined();
  expect(quiet.settings.plugins).toEqual({ entries: { twitch: { enabled: false } } });
  const channels = { twitch: { accounts: {} } };
  expect(quieted({ channels }, []).settings).toMatchObject({ channels: { twitch: { enabled: false } } });
});

it('a channel whose plugin is on is off without a word among the channels: it has what a login left', () => {
  const entries = { whatsapp: { enabled: true }, signal: { enabled: false } };
  const { settings, channels } = quieted({ plugins: { entries } }, []);
  expect(channels).toEqual(['whatsapp']);
  expect(settings.channels).toEqual({ whatsapp: { enabled: false } });
});

it('a mailbox and a telephone that set off sessions are off, and said to be', () => {
  const imap = { enabled: true, config: { accounts: {} } };
  const quiet = quieted({ plugins: { entries: { imap, 'voice-call': { enabled: true } } } }, []);
  expect(quiet.settings.plugins).toEqual({
    entries: { imap: { ...imap, enabled: false }, 'voice-call': { enabled: false } },
  });
  // OpenClaw has no such channel, and would refuse its settings.
  expect(quiet.channels).toEqual([]);
  const found = { ...quiet, version: undefined, missing: 0, outside: 0, names: [] };
  expect(movedWords(found).join()).toContain('at each start (BOOT.md) or for incoming mail and calls is off');
});

it.each<[string, object, boolean]>([
  ['it is named', { entries: { 'boot-md': {} } }, true],
  ['all hooks run', { enabled: true }, true],
  ['hooks of a folder run too', { entries: { x: {} }, load: { extraDirs: ['~/h'] } }, true],
  ['others are named', { enabled: true, entries: { 'session-memory': {} } }, false],
  ['none runs', { enabled: false, entries: { 'boot-md': {} } }, false],
])('the checklist of a start is switched off where it would run: %s', (_, internal, isOff) => {
  const { settings, ownStarts } = quieted({ hooks: { internal } }, []);
  expect(ownStarts).toBe(isOff);
  const off = { entries: { 'boot-md': { enabled: false } } };
  expect(settings.hooks).toMatchObject({ internal: isOff ? off : internal });
});

it.each([
  ['~/mine/jobs.json', '/home/a/mine/jobs.json'],
  ['/mnt/jobs.json', '/mnt/jobs.json'],
  ['~/.openclaw/mine/jobs.json', '~/.openclaw/mine/jobs.json'],
])('automations in a store of their own are found where they were: %s', (store, expected) => {
  const carried = [{ source: '/home/a/.openclaw', archive: '', kind: 'state' }];
  expect(withStore({ cron: { store } }, { carried })).toEqual({ cron: { store: expected } });
});

it('what an earlier run has made does not stay where the archive is gone meanwhile', async () => {
  const movingDir = join(root, 'moving');
  mkdirSync(movingDir, { mode: 0o700 });
  writeFileSync(join(movingDir, 'restore-1.tar.gz'), 'keys of before');
  const operation = { id: 'restore-1', signal: new AbortController().signal };
  const taken = ourForm(operation, { movingDir, clock: systemClock }, join(root, 'gone.tar.gz'));
  await expect(taken).rejects.toThrow('ENOENT');
  expect(readdirSync(movingDir)).toEqual([]);
});

it('many large files by the names of settings are refused before they fill the memory', async () => {
  const tar = pack();
  for (const at of [1, 2, 3])
    tar.entry({ name: `.openclaw/workspace/${at}/.env` }, ' '.repeat(7.5 * 1024 ** 2));
  tar.finalize();
  const file = join(root, 'large.tar.gz');
  writeFileSync(file, gzipSync(await buffer(tar)));
  await expect(theirArchive(file)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('unpacks to more'),
  });
});
