/** Settings and secrets in every form that people write: nothing is lost, and what cannot be read is left alone. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseJson5 } from '../../../src/core/json5.ts';
import { patched } from '../../../src/core/patch.ts';
import { configure } from '../../../src/sidecar/configure/write-all.ts';
import { exposure, settingsState } from '../../../src/sidecar/state/look.ts';
import { mendKeys } from '../../../src/sidecar/state/mend.ts';
import { changedText, readObject } from '../../../src/sidecar/state/object-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'settings-'));
  for (const folder of ['.openclaw', '.openclaw-mcp']) mkdirSync(join(home, folder));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const settingsFile = () => join(home, '.openclaw/openclaw.json');
const secretsFile = () => join(home, '.openclaw/secrets.json');
const secrets = () => Object(parseJson5(readFileSync(secretsFile(), 'utf8')));
const WISH = {
  settings: { gateway: { port: 1 }, agents: { defaults: { model: { primary: 'a/b' } } } },
  provider_keys: { anthropic: 'sk-new' },
  keep_model: 'yes',
  proven: 'yes',
  switched: 'no',
} as const;

it('a first deploy mints a token at the beginning of the file, where servers of before look for it', async () => {
  expect(await configure({ home, port: 1 }, WISH)).toMatchObject({ changed: 'yes', model: 'a/b' });
  expect(readFileSync(secretsFile(), 'utf8')).toMatch(
    /^\{"gateway":"[0-9a-f]{64}","anthropic":"sk-new"\}\n$/,
  );
  expect(await configure({ home, port: 1 }, WISH)).toMatchObject({ changed: 'no' });
});

it.each([
  ['pretty', '{\n  "telegram_bot": "1:a",\n  "gateway": "my own token"\n}', 'my own token'],
  [
    'pretty with a token',
    '{\n  "telegram_bot": "1:a",\n  "gateway": "mine-0123456789"\n}',
    'mine-0123456789',
  ],
  ['JSON5', "// mine\n{ telegram_bot: '1:a', gateway: 'mine-0123456789', }", 'mine-0123456789'],
  ['byte order mark', '\uFEFF{"telegram_bot":"1:a","gateway":"mine-0123456789"}', 'mine-0123456789'],
])('%s: keeps what is there', async (_, text, token) => {
  writeFileSync(secretsFile(), text);
  await configure({ home, port: 1 }, WISH);
  expect(secrets()).toMatchObject({ telegram_bot: '1:a', anthropic: 'sk-new' });
  expect(secrets().gateway).toBe(token);
  if (text.startsWith('//')) expect(readFileSync(secretsFile(), 'utf8')).toContain('// mine');
});

it('a token that stands in the settings is the token', async () => {
  writeFileSync(settingsFile(), "{ gateway: { auth: { token: 'in-the-settings-0123' } } }");
  await configure({ home, port: 1 }, WISH);
  expect(secrets().gateway).toBe('in-the-settings-0123');
});

it.each(['{"gateway":"cut', '[]', 'null', '"text"'])('%s is unknown, and left alone', async (text) => {
  writeFileSync(secretsFile(), text);
  await expect(configure({ home, port: 1 }, WISH)).rejects.toMatchObject({ code: 'secrets_unreadable' });
  writeFileSync(settingsFile(), text);
  await expect(configure({ home, port: 1 }, WISH)).rejects.toMatchObject({ code: 'settings_unreadable' });
  expect(readFileSync(secretsFile(), 'utf8') + readFileSync(settingsFile(), 'utf8')).toBe(text + text);
  expect(settingsState({ home, port: 1 })).toBe('invalid');
  expect(await exposure({ home, port: 1 })).toMatchObject({ settings: 'unknown', token_chars: null });
  const { kept_beside } = mendKeys({ home, port: 1 }, { provider_keys: { anthropic: 'sk-new' } });
  expect(readFileSync(join(home, '.openclaw-mcp', kept_beside), 'utf8')).toBe(text);
  expect(secrets()).toMatchObject({ anthropic: 'sk-new' });
});

it('a person’s settings in JSON5 stay, with their comments and their model', async () => {
  writeFileSync(secretsFile(), '{"gateway":"mine-0123456789"}');
  writeFileSync(
    settingsFile(),
    "// Anna\n{ tools: { exec: { ask: 'always' } }, /* big */ agents: { defaults: { model: 'x/y', }, }, }\n",
  );
  expect(await configure({ home, port: 1 }, WISH)).toMatchObject({ model: 'x/y', kept_beside: '' });
  const text = readFileSync(settingsFile(), 'utf8');
  expect(text).toContain('// Anna');
  expect(text).toContain('/* big */');
  expect(parseJson5(text)).toMatchObject({ tools: { exec: { ask: 'always' } }, gateway: { port: 1 } });
  expect(readdirSync(join(home, '.openclaw')).sort()).toEqual(['openclaw.json', 'secrets.json']);
});

it.each([
  ['settings', settingsFile, 'settings_unreadable'],
  ['secrets', secretsFile, 'secrets_unreadable'],
])('%s nested 60,000 deep cannot be read, and stay as they are', async (_, file, code) => {
  const deep = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
  writeFileSync(file(), deep);
  await expect(configure({ home, port: 1 }, WISH)).rejects.toMatchObject({ code });
  expect(readFileSync(file(), 'utf8')).toBe(deep);
});

it('any change of any JSON5 says what it should, or keeps nothing', () => {
  const name = fc.constantFrom('a', 'b', 'gateway', 'x-y', '0', 'model');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(
      name,
      fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer()), tie('tree')),
    ),
  }));
  const object = tree.map((value): Record<string, unknown> => Object(value));
  fc.assert(
    fc.property(object, object, (before, change) => {
      const text = `// kept\n${JSON.stringify(before, null, 2).replace(/"([a-z]+)":/g, '$1:')} // end\n`;
      writeFileSync(settingsFile(), text);
      const after = patched(before, change);
      const changed = changedText(readObject(settingsFile()), after);
      expect(parseJson5(changed.text)).toEqual(after);
    }),
    { numRuns: 60 },
  );
});
