import { describe, expect, it } from 'vitest';
import { type FoundFile, secretValues, withSecrets } from '../../../src/config/secret-sources.ts';

const KEY = 'dsk-test-0123456789';
const CREDENTIALS = '/state/credentials.json';

function merged(
  env: Record<string, string | undefined>,
  files: Record<string, string | FoundFile> = {},
  dotenv: Record<string, string> = {},
) {
  return withSecrets({
    env,
    dotenv,
    names: ['DEDALUS_API_KEY', 'ANTHROPIC_API_KEY'],
    credentialsFile: CREDENTIALS,
    read(path) {
      const file = files[path];
      return typeof file === 'string' ? { text: file, readByOthers: false } : file;
    },
  });
}

describe('a secret', () => {
  const everywhere = {
    '/run/key': 'from-file\n',
    [CREDENTIALS]: JSON.stringify({ DEDALUS_API_KEY: 'from-credentials', OTHER_BOT_TOKEN: 'bot' }),
  };
  it.each([
    ['the variable', { DEDALUS_API_KEY: 'from-env', DEDALUS_API_KEY_FILE: '/run/key' }, 'from-env'],
    ['the file that _FILE names', { DEDALUS_API_KEY: ' ', DEDALUS_API_KEY_FILE: '/run/key' }, 'from-file'],
    ['the credentials file', { DEDALUS_API_KEY: '' }, 'from-credentials'],
    [
      'another source than a reference that a client left',
      { DEDALUS_API_KEY: `\${KEY}` },
      'from-credentials',
    ],
  ])('comes from %s', (_, env, value) => {
    expect(merged(env, everywhere, { DEDALUS_API_KEY: 'from-dotenv' })).toMatchObject({
      DEDALUS_API_KEY: value,
      OTHER_BOT_TOKEN: 'bot',
    });
  });

  it('comes from .env when it is nowhere else', () => {
    expect(merged({}, {}, { DEDALUS_API_KEY: 'from-dotenv' }).DEDALUS_API_KEY).toBe('from-dotenv');
  });
});

describe('a .env that came with a folder', () => {
  const dotenv = {
    DEDALUS_BASE_URL: 'https://elsewhere.test',
    ANTHROPIC_BASE_URL: 'https://elsewhere.test',
    OPENCLAW_MCP_NPM_REGISTRY: 'https://elsewhere.test',
    OPENCLAW_MCP_CONFIRM: 'off',
    OPENCLAW_MCP_TOOL_WAIT_MS: '1000',
  };
  it('steers no key that came from elsewhere', () => {
    expect(merged({ DEDALUS_API_KEY: KEY }, {}, dotenv)).toEqual({
      DEDALUS_API_KEY: KEY,
      OPENCLAW_MCP_TOOL_WAIT_MS: '1000',
    });
  });

  it('may set everything where it holds the keys itself', () => {
    expect(merged({}, {}, { ...dotenv, DEDALUS_API_KEY: KEY })).toEqual({ ...dotenv, DEDALUS_API_KEY: KEY });
  });
});

describe('what cannot be used', () => {
  it('is refused all at once, by variable and file, without a value', () => {
    const files = { [CREDENTIALS]: { text: `{"DEDALUS_API_KEY":"${KEY}"}`, readByOthers: true } };
    const fault = () => merged({ ANTHROPIC_API_KEY_FILE: '/nowhere' }, files);
    expect(fault).toThrow(
      `The server's secrets cannot be read: others can read ${CREDENTIALS}: run chmod 600 '${CREDENTIALS}'; ANTHROPIC_API_KEY_FILE names no file with a key in it`,
    );
  });

  it.each(['not json', '[]', '{"lower":"x"}', `{"DEDALUS_API_KEY":{"a":"${KEY}"}}`])(
    'a damaged credentials file is refused without showing it: %s',
    (text) => {
      expect(() => merged({}, { [CREDENTIALS]: text })).toThrow(
        "The server's secrets cannot be read: The credentials file is damaged",
      );
    },
  );
});

it('knows which variables hold secrets, also those of other programs', () => {
  const env = {
    DEDALUS_API_KEY: KEY,
    TELEGRAM_BOT_TOKEN: '123456:telegram-token',
    AWS_SECRET_ACCESS_KEY: 'aws-secret-0123',
    SOME_TOKEN: 'disabled',
    HOME: '/home/somebody-else',
    KEYBOARD_LAYOUT: 'a-long-layout-name',
  };
  expect(secretValues(env)).toEqual([KEY, '123456:telegram-token', 'aws-secret-0123']);
});
