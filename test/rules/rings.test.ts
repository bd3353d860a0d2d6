import { describe, expect, it } from 'vitest';
import { type SourceFile, sources } from './source.ts';

/** Who may import whom: imports only point inward. `local` shares nothing with the client: they agree on the wire. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  dedalus: ['core', 'config'],
  machine: ['core', 'config', 'dedalus'],
  sidecar: ['core'],
  // What starts the machine side is text for it.
  openclaw: ['core', 'config', 'dedalus', 'machine', 'sidecar', 'bootstrap'],
  gateway: ['core', 'config', 'dedalus', 'machine', 'openclaw', 'sidecar'],
  operations: ['core'],
  workflows: ['core', 'config', 'dedalus', 'machine', 'openclaw', 'gateway', 'operations'],
  mcp: ['core', 'operations'],
  history: ['core', 'operations', 'mcp'],
  tools: [
    'core',
    'dedalus',
    'machine',
    'openclaw',
    'gateway',
    'operations',
    'workflows',
    'mcp',
    'history',
    'view',
  ],
  resources: ['core', 'dedalus', 'workflows', 'mcp', 'tools'],
  prompts: ['mcp', 'tools'],
  'stand-in': ['core'],
  local: ['core'],
  // It runs in a browser, and meets the tools in what they return.
  view: [],
};

const all = sources('src').filter((file) => /\.tsx?$/.test(file.path));
const ringOf = (path: string) => path.split('/')[1] ?? '';

describe('the rings', () => {
  it('are all listed here', () => {
    const rings = new Set(all.map((file) => ringOf(file.path)).filter((ring) => !ring.endsWith('.ts')));
    expect([...rings].sort()).toEqual([...Object.keys(MAY_IMPORT), 'cli'].sort());
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only what is further in', (ring, allowed) => {
    const wrong = all
      .filter((file) => ringOf(file.path) === ring)
      .flatMap((file) => file.imports.map((target) => ({ from: file.path, target })))
      .filter(
        ({ target }) =>
          target.startsWith('src/') && ringOf(target) !== ring && !allowed.includes(ringOf(target)),
      );
    expect(wrong).toEqual([]);
  });

  it('meet in the composition root, which knows neither the process nor the local API', () => {
    const root = all.find((file) => file.path === 'src/server.ts');
    expect(root?.imports.map(ringOf)).not.toEqual(expect.arrayContaining(['cli']));
    expect(root?.imports.map(ringOf)).not.toEqual(expect.arrayContaining(['local']));
    expect(importers('src/server.ts').every((path) => path.startsWith('src/cli/'))).toBe(true);
  });

  it('meet the machine side in its protocol alone', () => {
    const inside = all.filter(({ path }) => path.startsWith('src/sidecar/')).map(({ path }) => path);
    const seen = inside.filter((path) => importers(path).some((user) => !user.startsWith('src/sidecar/')));
    expect(seen).toEqual(['src/sidecar/protocol.ts']);
  });

  it('meet the page in the list of what it calls alone', () => {
    const inside = all.filter(({ path }) => path.startsWith('src/view/')).map(({ path }) => path);
    const seen = inside.filter((path) => importers(path).some((user) => !user.startsWith('src/view/')));
    expect(seen).toEqual(['src/view/called.ts']);
  });

  it('hold no import cycle', () => {
    expect(cycles()).toEqual([]);
  });
});

describe('one door to each outside package', () => {
  it.each([
    ['dedalus-labs', /^src\/dedalus\//],
    ['@modelcontextprotocol/sdk', /^src\/(?:mcp|cli)\/|^src\/server\.ts$/],
    ['dotenv', /^src\/cli\//],
    ['hono', /^src\/(?:local|stand-in)\//],
    ['@modelcontextprotocol/ext-apps', /^src\/view\/host\.ts$/],
    ['preact', /^src\/view\//],
  ])('%s', (name, door) => {
    const users = all.filter((file) =>
      file.packages.some((used) => used === name || used.startsWith(`${name}/`)),
    );
    expect(users.length).toBeGreaterThan(0);
    expect(users.map((file) => file.path).filter((path) => !door.test(path))).toEqual([]);
  });
});

function importers(path: string): string[] {
  return all.filter((file) => file.imports.includes(path)).map((file) => file.path);
}

function cycles(): string[] {
  const byPath = new Map(all.map((file) => [file.path, file]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: SourceFile, trail: string[]): void => {
    if (trail.includes(file.path)) {
      found.push([...trail.slice(trail.indexOf(file.path)), file.path].join(' → '));
      return;
    }
    if (done.has(file.path)) return;
    for (const target of file.imports) {
      const next = byPath.get(target);
      if (next) visit(next, [...trail, file.path]);
    }
    done.add(file.path);
  };
  for (const file of all) visit(file, []);
  return found;
}
