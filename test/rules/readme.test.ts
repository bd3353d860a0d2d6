/** The README cannot lie where the code knows better; `npm run docs` writes what differs here. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settings } from '../../src/config/config.ts';
import { envExample, withGeneratedParts } from './readme-parts.ts';

const read = (file: string) => readFileSync(file, 'utf8');

test('the generated parts of the README are what the code says', async () => {
  await expect(withGeneratedParts(read('README.md'))).toMatchFileSnapshot('../../README.md');
});

test('every setting says what it is for', () => {
  const silent = Object.entries(settings.shape).filter(([, schema]) => !schema.description);
  expect(silent.map(([name]) => name)).toEqual([]);
});

test('.env.example names every variable that the server reads', async () => {
  await expect(envExample()).toMatchFileSnapshot('../../.env.example');
});

test('no document holds a key, not even one that looks like an example', () => {
  const documents = ['README.md', '.env.example', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(read).join('\n');
  expect(documents).not.toMatch(
    /sk-[A-Za-z0-9]{4,}|AIza[A-Za-z0-9]{4,}|_API_KEY["']?\s*[:=]\s*["']?[A-Za-z0-9]{8,}/,
  );
});

test('every file that the README points at is there', () => {
  const targets = [...read('README.md').matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(
    ([, target = '']) => target,
  );
  expect(targets.length).toBeGreaterThan(3);
  expect(targets.filter((target) => !existsSync(target))).toEqual([]);
});

test('every npm script that the documents name exists', () => {
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
  const named = ['README.md', 'CONTRIBUTING.md'].flatMap((file) =>
    [...read(file).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});
