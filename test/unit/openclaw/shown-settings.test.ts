/** Settings leave a machine without the secrets that a person wrote into them in plain. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'shown-'));
  await mkdir(join(dir, 'node/bin'), { recursive: true });
  await symlink(process.execPath, join(dir, 'node/bin/node'));
});
afterAll(() => rm(dir, { recursive: true }));

async function shown(settings: object): Promise<unknown> {
  const file = join(dir, 'openclaw.json');
  await writeFile(file, JSON.stringify(settings));
  const script = join(import.meta.dirname, '../../../src/openclaw/scripts/json-edit.sh');
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', '. "$1"; masked_json "$2"', 'x', script, file],
    {
      env: { PATH: process.env.PATH, mcp_dir: dir },
    },
  );
  return JSON.parse(stdout);
}

it('masks every variable, header and password, and secrets inside addresses and arguments', async () => {
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
  const seen = await shown(settings);
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

it('leaves everything else as it is', async () => {
  const settings = {
    agents: { defaults: { model: { primary: 'anthropic/claude-sonnet-4-6' }, workspace: '/home/machine/w' } },
    channels: { telegram: { enabled: true, botToken: { source: 'file', provider: 'f', id: '/telegram' } } },
    env: { shellEnv: { enabled: true }, vars: { KEY: { source: 'file', provider: 'f', id: '/x' } } },
    models: { providers: { openai: { baseUrl: 'https://api.openai.com/v1?v=2', models: [], maxTokens: 5 } } },
    tools: { allow: ['read', 'exec'], sort: null },
  };
  expect(await shown(settings)).toEqual(settings);
});
