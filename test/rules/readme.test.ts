/** The README cannot lie where the code knows better; `npm run docs` writes what differs here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { settings } from '../../src/config/config.ts';
import { envExample, withGeneratedParts } from './readme-parts.ts';

const read = (file: string) => readFileSync(file, 'utf8');

const GENERATED = [
  'README.md',
  'docs/clients.md',
  'docs/commands.md',
  'docs/settings.md',
  'docs/tools.md',
  'skills/openclaw-dedalus/SKILL.md',
];

test.each(GENERATED)('the generated parts of %s are what the code says', async (file) => {
  await expect(withGeneratedParts(read(file))).toMatchFileSnapshot(`../../${file}`);
});

test('the README is read to its end, and so is the skill', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(300);
  expect(read('skills/openclaw-dedalus/SKILL.md').split('\n').length).toBeLessThan(120);
});

test('what is packed are the documents that the README points at', () => {
  const { files } = JSON.parse(read('package.json'));
  const documents = GENERATED.filter((file) => file.startsWith('docs/'));
  expect(files).toEqual(['dist', 'README.md', 'LICENSE', 'skills', ...documents]);
});

test('every setting says what it is for', () => {
  const silent = Object.entries(settings.shape).filter(([, schema]) => !schema.description);
  expect(silent.map(([name]) => name)).toEqual([]);
});

test('.env.example names every variable that the server reads', async () => {
  await expect(envExample()).toMatchFileSnapshot('../../.env.example');
});

test('no document holds a key, not even one that looks like an example', () => {
  const documents = [...GENERATED, '.env.example', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(read).join('\n');
  expect(documents).not.toMatch(
    /sk-[A-Za-z0-9]{4,}|AIza[A-Za-z0-9]{4,}|_API_KEY["']?\s*[:=]\s*["']?[A-Za-z0-9]{8,}/,
  );
});

test.each(GENERATED)('every file that %s points at is there', (file) => {
  const targets = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) =>
    join(dirname(file), target),
  );
  expect(targets.filter((target) => !existsSync(target))).toEqual([]);
});

test('every npm script that the documents name exists', () => {
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
  const named = ['README.md', 'CONTRIBUTING.md'].flatMap((file) =>
    [...read(file).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

test('every folder of the source stands on the map of the README, and nothing else', () => {
  const [, map = ''] = /Folders are rings[\s\S]*?```\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  const named = [...map.matchAll(/^[ ├└]*([\w-]+) {2,}/gm)].map(([, name = '']) => name);
  const beside = ['prompts', 'resources'];
  for (const name of beside) expect(map).toContain(name);
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect([...named, ...beside].sort()).toEqual(folders.map(({ name }) => name).sort());
});
