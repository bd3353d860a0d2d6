/** Settings leave a machine without the secrets that a person wrote into them in plain. */
import { expect, it } from 'vitest';
import { masked } from '../../../src/sidecar/state/masked.ts';

it('masks every variable, header and password, and secrets inside addresses and arguments', () => {
  const secret = 'S3CR3T';
  const settings = {
    env: { vars: { GITHUB_PAT: secret, SMTP: secret }, SENTRY_DSN: secret },
    mcp: {
      servers: {
        files: {
          command: 'npx',
          args: ['server', '--api-key', secret, `--token=${secret}`, '/home/machine'],
          env: { DATABASE: secret },
          headers: { 'X-Auth': secret },
          url: `https://me:${secret}@mcp.example/sse?token=${secret}&limit=5`,
        },
      },
    },
    mail: { host: 'mail.example', pass: secret },
  };
  const seen = masked(settings);
  expect(JSON.stringify(seen)).not.toContain(secret);
  expect(seen).toMatchObject({
    env: { vars: { SMTP: '[set]' } },
    mcp: {
      servers: {
        files: {
          command: 'npx',
          args: ['server', '--api-key', '[set]', '--token=[set]', '/home/machine'],
          url: 'https://[set]@mcp.example/sse?token=[set]&limit=5',
        },
      },
    },
    mail: { host: 'mail.example', pass: '[set]' },
  });
});

it('leaves everything else as it is', () => {
  const settings = {
    agents: { defaults: { model: { primary: 'anthropic/claude-sonnet-4-6' }, workspace: '/home/machine/w' } },
    channels: { telegram: { enabled: true, botToken: { source: 'file', provider: 'f', id: '/telegram' } } },
    env: { shellEnv: { enabled: true }, vars: { KEY: { source: 'file', provider: 'f', id: '/x' } } },
    models: { providers: { openai: { baseUrl: 'https://api.openai.com/v1?v=2', models: [], maxTokens: 5 } } },
    tools: { allow: ['read', 'exec'], sort: null },
  };
  expect(masked(settings)).toEqual(settings);
});
