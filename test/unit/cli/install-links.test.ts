/** `install` and links: those of a person stay links, those that somebody put there are never written through. */
import { mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findClient } from '../../../src/cli/install/clients.ts';
import type { Place } from '../../../src/cli/install/entry.ts';
import { type InstallFlags, install } from '../../../src/cli/install/install.ts';
import { systemClock } from '../../../src/core/clock.ts';

const PROGRAM = { node: '/usr/bin/node', bin: '/x/node_modules/openclaw-dedalus-mcp/dist/a.js' };

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'install-links-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function place(): Place {
  return { platform: 'linux', env: {}, home };
}

async function run(flags: InstallFlags): Promise<void> {
  const io = { place: place(), program: PROGRAM, clock: systemClock, print: () => {} };
  expect(await install(flags, io)).toBe(0);
}

function fileOf(client: string): string {
  return findClient(client)?.file(place()) ?? '';
}

test('a link into somebody’s dotfiles stays a link', async () => {
  const real = join(home, 'dotfiles.json');
  await writeFile(real, '{}');
  await symlink(real, fileOf('claude-code'));
  await run({ client: 'claude-code' });
  expect(await readlink(fileOf('claude-code'))).toBe(real);
  expect(await readFile(real, 'utf8')).toContain('openclaw-dedalus');
});

test('a link to nothing is refused, and stays', async () => {
  await symlink(join(home, 'nowhere.json'), fileOf('claude-code'));
  await expect(run({ client: 'claude-code' })).rejects.toThrow('is a link to');
  expect(await readlink(fileOf('claude-code'))).toBe(join(home, 'nowhere.json'));
});

test('the copy of the file as it was is never written through a link that somebody put there', async () => {
  const config = join(home, 'project.json');
  await writeFile(config, '{}');
  const victim = join(home, 'victim');
  await writeFile(victim, 'precious');
  const clock = { ...systemClock, now: () => Date.parse('2026-11-27T00:00:00Z') };
  await symlink(victim, `${config}.backup-20261127T000000Z`);
  const io = { place: place(), program: PROGRAM, clock, print: () => {} };
  await expect(install({ client: 'cursor', config }, io)).rejects.toMatchObject({ code: 'conflict' });
  expect(await readFile(victim, 'utf8')).toBe('precious');
  expect(await readFile(config, 'utf8')).toBe('{}');
});
