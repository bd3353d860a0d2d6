/** The skill gets to where Claude Code looks for it, and what a person changed in it is kept. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InstallFlags, install } from '../../../src/cli/install/install.ts';
import { systemClock } from '../../../src/core/clock.ts';

const OURS = 'skills/openclaw-dedalus/SKILL.md';
let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'install-skill-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function run(flags: InstallFlags, env: Record<string, string> = {}, bin = resolve('dist/a.js')) {
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  const place = { platform: 'linux', env, home } as const;
  await install(flags, { place, program: { node: '/usr/bin/node', bin }, clock: systemClock, print });
  return printed;
}

test('it is written once, and is then up to date', async () => {
  const file = join(home, '.claude', OURS);
  expect(await run({ client: 'claude-code', skill: true })).toContain(`The skill is in ${file}`);
  expect(await readFile(file, 'utf8')).toBe(await readFile(OURS, 'utf8'));
  expect(await run({ client: 'claude-code', skill: true })).toContain('up to date');
  expect(await readdir(home)).toEqual(['.claude']);
});

test('a changed one is kept beside it; another folder of settings counts', async () => {
  const folder = join(home, 'elsewhere');
  const file = join(folder, OURS);
  await run({ client: 'claude-code', skill: true }, { CLAUDE_CONFIG_DIR: folder });
  await writeFile(file, 'mine');
  await run({ client: 'claude-code', skill: true }, { CLAUDE_CONFIG_DIR: folder });
  const [, copy = ''] = (await readdir(dirname(file))).sort();
  expect(await readFile(join(dirname(file), copy), 'utf8')).toBe('mine');
});

test('--dry-run shows it and writes nothing', async () => {
  expect(await run({ client: 'claude-code', skill: true, dryRun: true })).toContain('name: openclaw-dedalus');
  expect(await readdir(home)).toEqual([]);
});

test.each([
  ['another client', { client: 'codex', skill: true }, undefined, 'invalid_input'],
  ['a program without it', { client: 'claude-code', skill: true }, '/nowhere/dist/a.js', 'config'],
])('%s is refused', async (_what, flags, bin, code) => {
  await expect(run(flags, {}, bin)).rejects.toMatchObject({ code });
  expect(await readdir(home)).toEqual([]);
});
