/** Manifests say what the code says, in the form that registries and clients take; `npm run docs` writes them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as about from '../../package.json';
import { manifests, registryEntry } from './manifest-parts.ts';

test.each(Object.entries(manifests))('%s is what the code says', async (file, content) => {
  await expect(`${JSON.stringify(content(), null, 2)}\n`).toMatchFileSnapshot(`../../${file}`);
});

test('the registry finds its name in the package, and what it says fits into its bounds', () => {
  const entry = registryEntry();
  expect(entry.name).toBe(about.mcpName);
  expect(entry.name).toMatch(/^io\.github\.[a-z0-9-]+\/openclaw-dedalus-mcp$/);
  expect(entry.description.length).toBeLessThanOrEqual(100);
  expect(entry.version).toBe(about.version);
});

test('the image gets the whole bundle, the licences of its libraries among it', () => {
  expect(readFileSync('Dockerfile', 'utf8')).toMatch(/^COPY --from=build \/src\/dist\/ /m);
  expect(readFileSync('build.mjs', 'utf8')).toContain("writeFileSync('dist/THIRD-PARTY-LICENCES.txt'");
});

test('the plugin of Claude Code brings the skill, where it looks for skills', () => {
  expect(JSON.parse(readFileSync('.claude-plugin/marketplace.json', 'utf8')).plugins[0].source).toBe('./');
  expect(readFileSync('skills/openclaw-dedalus/SKILL.md', 'utf8')).toMatch(
    /^---\nname: openclaw-dedalus\ndescription: .{50,1024}\n---\n/,
  );
});

test('the package brings one bundle and needs no other package', () => {
  expect(about).not.toHaveProperty('dependencies');
  expect(about).not.toHaveProperty('peerDependencies');
  expect(about.files).toEqual(expect.arrayContaining(['dist', 'README.md', 'LICENSE']));
});
