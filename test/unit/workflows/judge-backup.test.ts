/** What a backup of somebody else brings is told in full, however its settings hide it. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { judgeBackup } from '../../../src/workflows/backup/judge.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'judge-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function judged(files: Record<string, string>) {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  const file = join(dir, 'a.tar.gz');
  await pipeline(archive, createGzip(), createWriteStream(file));
  return judgeBackup(file);
}

it.each([
  ['another file of settings', '{"$include": "./more.json"}', /\$include: other settings in \.\/more\.json/],
  ['several, further in', '{models: {"$include": ["a.json5", "b.json5"]}}', /in a\.json5[\s\S]*in b\.json5/],
  ['what nobody can read', '{"models": ', /openclaw\.json: settings that cannot be read here/],
  ['what is nested too deep', `{"a":${'['.repeat(300)}${']'.repeat(300)}}`, /cannot be read here/],
])('%s', async (_, settings, told) => {
  expect((await judged({ 'openclaw.json': settings })).brings).toMatch(told);
});

it.each(['OpenClaw.json', 'secrets.JSON', '.ENV', '\uff4fpenclaw.json'])(
  '%s is the settings on a disk that makes no difference between letters, and refused',
  async (name) => {
    await expect(judged({ 'openclaw.json': '{}', [name]: '{}' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('in other letters'),
    });
  },
);

it('code is code in any letters', async () => {
  expect((await judged({ 'Workspace/Skills/a/run.mjs': 'x' })).brings).toContain('1 file(s)');
});

it('variables are told by their names however OpenClaw takes them from .env, and by no value', async () => {
  const text = 'NODE_OPTIONS: --require ./x.cjs\nexport HTTPS_PROXY: http://elsewhere\nPATH=/x\n# NOT: one\n';
  const { brings } = await judged({ 'openclaw.json': '{}', '.env': text });
  for (const name of ['NODE_OPTIONS', 'HTTPS_PROXY', 'PATH']) expect(brings).toContain(name);
  expect(brings).not.toMatch(/NOT|elsewhere|x\.cjs/);
});
