/** No answer of the machine's own program carries one of its secrets away, whatever form it has in what was read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../../src/sidecar/commands.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'secrets-'));
  for (const folder of ['.openclaw/logs', '.openclaw-mcp'])
    mkdirSync(join(home, folder), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const hex = (text: string) => Buffer.from(text).toString('hex');
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'broken every 20 characters': (secret) => secret.replace(/(.{20})/g, '$1\n'),
  'base64 in lines of 76': (secret) =>
    Buffer.from(`token: ${secret}\n`.repeat(3))
      .toString('base64')
      .replace(/(.{76})/g, '$1\n'),
  'base64 of a header': (secret) => Buffer.from(`Authorization: Bearer ${secret}`).toString('base64url'),
  hex,
  'encoded for a URL': (secret) => encodeURIComponent(encodeURIComponent(`{"token":"${secret}"}`)),
  'cut by the end of the log': (secret) => secret.slice(0, -5),
};

/** Stretches of a secret that are long enough to matter, as a reader would find them in the answer. */
function readable(answer: string, secret: string): string[] {
  const flat = decodeURIComponent(decodeURIComponent(answer.replace(/%(?![0-9a-f]{2})/gi, '%25')));
  const decoded = [flat, ...[...flat.matchAll(/[A-Za-z0-9+/_-]{16,}/g)].map(([word]) => fromBase64(word))];
  const pieces = Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12));
  return pieces.filter((piece) => decoded.some((text) => text.includes(piece) || text.includes(hex(piece))));
}
const fromBase64 = (word: string) => Buffer.from(word, 'base64').toString('latin1');

it.each(Object.keys(FORMS))('a log with the token and a key, %s', async (form) => {
  const random = fc.string({
    unit: fc.constantFrom(...'abcdefABCDEF0123456789_-'),
    minLength: 32,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(random, random, async (gateway, telegram_bot) => {
      writeFileSync(
        join(home, '.openclaw/secrets.json'),
        JSON.stringify({ gateway, nested: { telegram_bot } }),
      );
      const shown = [gateway, telegram_bot].map((secret) => FORMS[form]?.(secret)).join('\n');
      writeFileSync(join(home, '.openclaw/logs/gateway.out'), `before\n${shown}\n`);
      const request = { lines: 500, levels: [], contains: '' };
      const answer = JSON.stringify(await runCommand('read_log', { home, port: 1 }, request));
      expect(answer).toContain('before');
      for (const secret of [gateway, telegram_bot]) expect(readable(answer, secret)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

it('the token that a person wrote into the settings', async () => {
  writeFileSync(
    join(home, '.openclaw/openclaw.json'),
    '{ gateway: { auth: { token: "in-the-settings-0123" } } }',
  );
  writeFileSync(join(home, '.openclaw/logs/gateway.out'), 'Bearer in-the-settings-0123 was sent\n');
  const answer = await runCommand('read_log', { home, port: 1 }, { lines: 5, levels: [], contains: '' });
  expect(JSON.stringify(answer)).not.toContain('in-the-settings');
  expect(JSON.stringify(answer)).toContain('was sent');
});

it('keys that stand openly in what a person brought are masked too, and ordinary words are not', async () => {
  const key = (name: string) => `${name}-4f9Qz7Lm2Xc8Vb1Ns6Tk`;
  const settings = {
    env: { OPENAI_API_KEY: key('env'), vars: { GITHUB_PAT: key('pat'), NODE_ENV: 'production' } },
    models: { providers: { mine: { apiKey: key('provider'), headers: { 'x-auth': key('header') } } } },
    channels: {
      telegram: { botToken: key('telegram') },
      discord: { token: ['$', '{DISCORD_TOKEN}'].join('') },
    },
    mcp: {
      servers: {
        a: { url: `https://me:${key('login')}@h/?api_key=${key('query')}`, args: ['--token', key('flag')] },
      },
    },
    mail: { password: 'correct horse battery' },
    session: { mainKey: 'conversation-main' },
    agents: { defaults: { model: { primary: 'openai/gpt-4.1-mini-2025' } } },
    hooks: { headers: { Authorization: `Bearer ${key('bearer')}`, Accept: 'application/json' } },
  };
  writeFileSync(join(home, '.openclaw/openclaw.json'), JSON.stringify(settings));
  writeFileSync(
    join(home, '.openclaw/.env'),
    `# mine\nexport GROQ_API_KEY="${key('dotenv')}"\nMODE=conversation\n`,
  );
  mkdirSync(join(home, '.openclaw/agents/main/agent'), { recursive: true });
  const profiles = { version: 1, profiles: { 'openai:default': { type: 'oauth', access: key('access') } } };
  writeFileSync(join(home, '.openclaw/agents/main/agent/auth-profiles.json'), JSON.stringify(profiles));
  const names = [
    'env',
    'pat',
    'provider',
    'header',
    'telegram',
    'login',
    'query',
    'flag',
    'bearer',
    'dotenv',
    'access',
  ];
  const words =
    'production conversation-main conversation application/json gpt-4.1-mini-2025 DISCORD_TOKEN main';
  const log = [...names.map(key), 'correct horse battery', words].join('\n');
  writeFileSync(join(home, '.openclaw/logs/gateway.out'), `${log}\n`);
  const request = { lines: 500, levels: [], contains: '' };
  const answer = JSON.stringify(await runCommand('read_log', { home, port: 1 }, request));
  expect(names.filter((name) => answer.includes(key(name).slice(-20)))).toEqual([]);
  expect(answer).not.toContain('battery');
  for (const word of words.split(' ')) expect(answer).toContain(word);
});

it('a .env is read as OpenClaw reads it: remarks, colons, quotes, and values that are empty', async () => {
  const key = (name: string) => `fd83a1c0${name}77b2e9d4`;
  const lines = [
    'EMPTY_TOKEN=',
    `NEXT_TOKEN=${key('next')}`,
    `REMARKED_TOKEN=${key('remarked')} # of the old account`,
    `COLON_TOKEN: ${key('colon')}`,
    `QUOTED_TOKEN='${key('quo#ted')}' # a`,
  ];
  writeFileSync(join(home, '.openclaw/.env'), `${lines.join('\n')}\n`);
  const all = ['next', 'remarked', 'colon', 'quo#ted'].map(key);
  writeFileSync(join(home, '.openclaw/logs/gateway.out'), `before ${all.join('|')}\n`);
  const request = { lines: 500, levels: [], contains: '' };
  const answer = JSON.stringify(await runCommand('read_log', { home, port: 1 }, request));
  expect(answer).toContain('before');
  for (const secret of all) expect(answer).not.toContain(secret);
});

it('masks what stands in files that the settings include, also in a part of a part, and ends where they go in circles', async () => {
  const write = (name: string, value: unknown) =>
    writeFileSync(join(home, '.openclaw', name), JSON.stringify(value));
  const keys = [
    'sk-included-0123456789',
    'of-an-agent-0123456789',
    'a-variable-9f8e7d6c5b4a',
    'of-the-file-0123456789',
  ];
  mkdirSync(join(home, '.openclaw/parts'));
  write('openclaw.json', {
    $include: ['./parts/models.json', './parts/gone.json'],
    env: { vars: { $include: './parts/vars.json' } },
    gateway: { auth: { token: keys[3] } },
  });
  write('parts/models.json', {
    models: { providers: { mine: { apiKey: keys[0] } } },
    agents: { list: [{ $include: './agent.json' }] },
  });
  write('parts/agent.json', { $include: ['./models.json', '../openclaw.json'], apiKey: keys[1] });
  write('parts/vars.json', { ORDINARY: keys[2] });
  writeFileSync(join(home, '.openclaw/logs/gateway.out'), `before ${keys.join(' ')}`);
  const request = { lines: 5, levels: [], contains: '' };
  const answer = JSON.stringify(await runCommand('read_log', { home, port: 1 }, request));
  expect(answer).toContain('before');
  for (const key of keys) expect(answer).not.toContain(key);
});
