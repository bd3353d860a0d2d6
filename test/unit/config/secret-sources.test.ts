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
    secrets: { cloud: ['DEDALUS_API_KEY'], models: ['ANTHROPIC_API_KEY'] },
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
    expect(merged(env, everywhere, { DEDALUS_API_KEY: 'from-dotenv' }).env).toMatchObject({
      DEDALUS_API_KEY: value,
      OTHER_BOT_TOKEN: 'bot',
    });
  });

  it('comes from .env when it is nowhere else', () => {
    expect(merged({}, {}, { DEDALUS_API_KEY: 'from-dotenv' }).env.DEDALUS_API_KEY).toBe('from-dotenv');
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
  it.each([
    ['in the environment', { ANTHROPIC_API_KEY: KEY }, {}],
    ['in a file', { ANTHROPIC_API_KEY_FILE: '/run/key' }, { '/run/key': KEY }],
    ['kept by login', {}, { [CREDENTIALS]: JSON.stringify({ ANTHROPIC_API_KEY: KEY }) }],
  ])('brings no key and no address beside a key %s', (_, env, files) => {
    const { env: found, ignored } = merged(env, files, { ...dotenv, DEDALUS_API_KEY: 'a-strangers-key' });
    expect(found).toEqual({ ...env, ANTHROPIC_API_KEY: KEY, OPENCLAW_MCP_TOOL_WAIT_MS: '1000' });
    expect(ignored).toEqual([...Object.keys(dotenv).filter((name) => !/WAIT/.test(name)), 'DEDALUS_API_KEY']);
  });

  it('brings keys where there is none, and even then no address', () => {
    const { env } = merged({}, {}, { ...dotenv, DEDALUS_API_KEY: KEY });
    expect(env).toEqual({ DEDALUS_API_KEY: KEY, OPENCLAW_MCP_TOOL_WAIT_MS: '1000' });
  });

  it('brings no key where those that are kept cannot be read', () => {
    const { env } = merged({}, { [CREDENTIALS]: '{' }, { DEDALUS_API_KEY: KEY });
    expect(env).toEqual({});
  });

  it('decides nothing that other programs read, and names no file', () => {
    const others = [
      'HTTPS_PROXY',
      'npm_config_registry',
      'NODE_EXTRA_CA_CERTS',
      'DEDALUS_API_KEY_FILE',
      'PATH',
      'TMPDIR',
    ];
    const { env, ignored } = merged({}, {}, Object.fromEntries(others.map((name) => [name, '/x'])));
    expect(env).toEqual({});
    expect(ignored).toEqual(others);
  });
});

describe('what cannot be used', () => {
  it('is refused all at once, by variable and file, without a value', () => {
    const files = { [CREDENTIALS]: { text: `{"DEDALUS_API_KEY":"${KEY}"}`, readByOthers: true } };
    const { faults } = merged({ ANTHROPIC_API_KEY_FILE: '/nowhere' }, files);
    expect(faults).toMatchObject([
      {
        variable: CREDENTIALS,
        message: `cannot be used: others can read it: run chmod 600 '${CREDENTIALS}'`,
      },
      { variable: 'ANTHROPIC_API_KEY_FILE', message: 'names no file with a key in it', stops: ['models'] },
    ]);
  });

  it.each(['not json', '[]', '{"lower":"x"}', `{"DEDALUS_API_KEY":{"a":"${KEY}"}}`])(
    'a damaged credentials file is refused without showing it: %s',
    (text) => {
      const { faults } = merged({}, { [CREDENTIALS]: text });
      expect(faults).toMatchObject([{ message: 'cannot be used: The credentials file is damaged' }]);
      expect(JSON.stringify(faults)).not.toContain(KEY);
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
    HTTPS_PROXY: 'http://me:p%23ss-word@proxy.corp:8080',
    DATABASE_URL: 'postgres://me:a@b#c@host/x',
    SOME_URL: 'https://host:8080/path',
  };
  const passwords = ['p%23ss-word', 'p#ss-word', 'a@b#c'];
  expect(secretValues(env)).toEqual([KEY, '123456:telegram-token', 'aws-secret-0123', ...passwords]);
});
