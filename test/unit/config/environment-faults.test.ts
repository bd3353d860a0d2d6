/** Every variable is looked at before a call needs it: what cannot be right is named, with no value, and stops only that. */
import { describe, expect, it } from 'vitest';
import { connectCloud } from '../../../src/cli/assemble.ts';
import { environmentOf } from '../../../src/cli/environment.ts';
import type { Environment } from '../../../src/config/config.ts';

const GOOD = {
  DEDALUS_API_KEY: 'dsk-live-0123456789abcdef',
  ANTHROPIC_API_KEY: 'sk-ant-0123456789abcdef',
  OPENCLAW_MCP_STATE_DIR: '/nowhere/state',
};
const judged = (env: Environment, { local = false } = {}) => environmentOf({ ...GOOD, ...env }, {}, local);
const named = (env: Environment, how = {}) => judged(env, how).faults.map(({ variable }) => variable);

describe('nothing is wrong with', () => {
  it.each<[string, Environment]>([
    ['what is usual', {}],
    [
      'blanks and references that a client left',
      { OPENAI_API_KEY: ' ', HTTPS_PROXY: '', XAI_API_KEY: `\${XAI_API_KEY}` },
    ],
    [
      "the keys that servers of one's own are given",
      { OPENAI_API_KEY: 'EMPTY', OPENAI_BASE_URL: 'http://10.0.0.5:8000/v1' },
    ],
    ['a key with blanks around it', { OPENAI_API_KEY: ' sk-proj-AbC_0123-xyz\n' }],
    ['numbers at both ends', { OPENCLAW_MCP_TOOL_WAIT_MS: ' 600000 ' }],
    ['a proxy', { HTTPS_PROXY: 'http://me:p%23@proxy.corp:8080' }],
    ['a wrong proxy that NO_PROXY takes out', { HTTPS_PROXY: 'proxy:1', NO_PROXY: '.dedaluslabs.ai' }],
    [
      'a provider on this computer, where the API is there too',
      { DEDALUS_BASE_URL: 'http://127.0.0.1:4000', ANTHROPIC_BASE_URL: 'http://127.0.0.1:4001' },
    ],
  ])('%s', (_, env) => {
    expect(judged(env).faults).toEqual([]);
  });

  it('a provider on this computer, or a key and proxy of the cloud, with machines on this computer', () => {
    const env = {
      OPENAI_API_KEY: 'EMPTY',
      OPENAI_BASE_URL: 'http://localhost:11434/v1',
      HTTPS_PROXY: 'proxy:1',
    };
    expect(named({ ...env, DEDALUS_API_KEY: '<key>' }, { local: true })).toEqual([]);
  });
});

describe('a key', () => {
  it.each([
    ['an invisible character', 'sk-ant-0123\u200b456789abcdef', /cannot be seen \(U\+200B\)/],
    ['a soft hyphen', 'sk-ant-0123\u00ad456789abcdef', /cannot be seen \(U\+00AD\)/],
    ['a space', 'sk-ant-0123 456789abcdef', /space or line break/],
    ['a no-break space', 'sk-ant-0123\u00a0456789abcdef', /space or line break \(U\+00A0\)/],
    ['a letter of another alphabet', 'sk-аnt-0123456789abcdef', /no key has/],
    ['bullets', 'sk-ant-••••••••cdef', /bullets/],
    ['stars', 'sk-ant-********cdef', /bullets/],
    ['an ellipsis', 'sk-ant-…', /bullets or dots/],
    ['an example', 'sk-ant-...', /example/],
    ['an example', 'your-key-here', /example/],
    ['an example', 'YOUR_API_KEY', /example/],
    ['an example', '<key>', /example/],
    ['an example', 'xxx', /example/],
    ['an example', 'sk-ant-xxxxxxxxxxxx', /example/],
    ['an example', 'changeme', /example/],
    ['a reference', '{{ anthropic_key }}', /example|space/],
    ['a reference', '%ANTHROPIC_API_KEY%', /example/],
    ['a reference', 'op://vault/anthropic/key', /example/],
    ['quotes', '"sk-ant-0123456789abcdef"', /quotes/],
    ['a quote', "sk-ant-0123456789abcdef'", /quotes/],
    ['its own name', 'KEY=sk-ant-0123456789abcdef', /own name/],
  ])('with %s is named: %s', (_, value, told) => {
    for (const variable of ['DEDALUS_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_API_KEY', 'TELEGRAM_BOT_TOKEN']) {
      const { faults } = judged({ [variable]: value.replace(/^KEY=/, `${variable}=`) });
      expect(faults).toMatchObject([{ variable, message: expect.stringMatching(told) }]);
      expect(JSON.stringify(faults)).not.toContain('456789');
    }
  });
});

describe("what is said of a model server of one's own", () => {
  it.each([
    ['OPENAI_WIRE_API', 'chta', 'must be chat or responses'],
    ['OPENAI_CONTEXT_WINDOW', '32k', 'whole number of tokens'],
    ['OPENAI_CONTEXT_WINDOW', '4096', 'at least 20000'],
    ['OPENAI_MODEL', '"qwen3:8b"', 'quotes'],
    ['OPENAI_MODEL', 'qwen3 8b', 'blanks'],
  ])('%s=%s is named', (variable, value, told) => {
    const { faults } = judged({ OPENAI_BASE_URL: 'http://10.0.0.5:8000/v1', [variable]: value });
    expect(faults).toMatchObject([{ variable, message: expect.stringContaining(told), stops: ['models'] }]);
  });

  it('is taken as it is meant', () => {
    const meant = {
      OPENAI_WIRE_API: ' Responses ',
      OPENAI_CONTEXT_WINDOW: '32768',
      OPENAI_MODEL: 'qwen3:8b-q4_K_M',
    };
    expect(named({ OPENAI_BASE_URL: 'http://10.0.0.5:8000/v1', ...meant })).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    'api.example.com/v1',
    'localhost:11434',
    '//api.example.com',
    'ftp://api.example.com',
    '"https://api.example.com"',
    'https://',
    'https://me:secret@api.example.com',
    'https://api.exam\u200bple.com',
  ])('%s is named', (value) => {
    const variables = [
      'DEDALUS_BASE_URL',
      'OPENAI_BASE_URL',
      'TELEGRAM_API_BASE_URL',
      'OPENCLAW_MCP_NODE_MIRROR',
    ];
    for (const variable of variables) expect(named({ [variable]: value })).toEqual([variable]);
  });

  it.each([
    'http://127.0.0.1:1',
    'http://localhost:1/v1',
    'http://[::1]:1',
    'http://0.0.0.0:1',
    'http://a.localhost',
  ])('%s is out of reach of machines in the cloud', (value) => {
    const variables = ['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL', 'TELEGRAM_API_BASE_URL'];
    for (const variable of variables) {
      const [fault] = judged({ [variable]: value }).faults;
      expect(fault).toMatchObject({ variable, message: expect.stringContaining('cannot reach') });
      expect(fault?.next).toContain('--local');
    }
  });
});

it('a registry of this computer is out of reach too', () => {
  const env = {
    OPENCLAW_MCP_NPM_REGISTRY: 'http://127.0.0.1:4873',
    OPENCLAW_MCP_NODE_MIRROR: 'http://localhost:1',
  };
  expect(named(env)).toEqual(Object.keys(env));
  expect(named(env, { local: true })).toEqual([]);
});

describe('other settings', () => {
  it.each<[string, string]>([
    ['OPENCLAW_MCP_STATE_DIR', '~/state'],
    ['OPENCLAW_MCP_STATE_DIR', '~'],
    ['OPENCLAW_MCP_STATE_DIR', '$HOME/state'],
    ['OPENCLAW_MCP_STATE_DIR', './state'],
    ['OPENCLAW_MCP_STATE_DIR', '"/home/me/state"'],
    ['OPENCLAW_MCP_TOOL_WAIT_MS', '45s'],
    ['OPENCLAW_MCP_TOOL_WAIT_MS', '-1'],
    ['OPENCLAW_MCP_TOOL_WAIT_MS', '600001'],
    ['OPENCLAW_MCP_TOOL_WAIT_MS', '1e9'],
    ['OPENCLAW_MCP_TOOL_WAIT_MS', '"45000"'],
    ['OPENCLAW_MCP_MACHINE_ID', 'dm-1 dm-2'],
    ['OPENCLAW_MCP_CONFIRM', 'no'],
    ['DEDALUS_ORG_ID', '<org>'],
    ['HTTPS_PROXY', 'proxy.corp:8080'],
    ['all_proxy', 'socks5://proxy.corp:1080'],
  ])('%s=%s is named', (variable, value) => {
    expect(named({ [variable]: value })).toEqual([variable]);
  });

  it('the whole path is told for one that begins with "~"', () => {
    const [fault] = judged({ OPENCLAW_MCP_STATE_DIR: '~/state' }).faults;
    expect(fault?.message).toMatch(/write the whole path, \/.*\/state$/);
  });
});

it('what cannot reach the cloud says so when it is to be reached, and not before', async () => {
  const settings = judged({
    HTTPS_PROXY: 'http://me:12#sec-word@proxy',
    DEDALUS_BASE_URL: 'dcs.dedaluslabs.ai',
  });
  const connecting = connectCloud(settings)(settings.config, () => {});
  await expect(connecting).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/DEDALUS_BASE_URL must begin.*HTTPS_PROXY must look/),
  });
  await expect(connecting).rejects.not.toThrow(/sec-word/);
});
