/** The walk of a chat message in the docs is the one that the code takes: each file is there, and exports what it names. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sources } from './source.ts';

const WALK = readFileSync(new URL('../../docs/walk.md', import.meta.url), 'utf8');
const STATIONS = [...WALK.matchAll(/\[`(src\/[^`]+)`\]\(\.\.\/([^)]+)\) `(\w+)`/g)].map(
  ([, path = '', link = '', name = '']) => ({ path, link, name }),
);
const files = new Map(sources('src').map((file) => [file.path, file]));

it('has ten lines, and names no file twice', () => {
  expect(WALK.split('\n').filter((line) => /^\d+\. /.test(line))).toHaveLength(10);
  const paths = STATIONS.map(({ path }) => path);
  expect(paths).toEqual([...new Set(paths)]);
  expect(paths.length).toBeGreaterThanOrEqual(10);
  expect(paths.length).toBeLessThanOrEqual(20);
  // Every path in the text was understood.
  expect(WALK.match(/\[`src\//g)).toHaveLength(paths.length);
});

it.each(STATIONS)('$path exports $name', ({ path, link, name }) => {
  expect(link).toBe(path);
  expect(files.get(path)?.text).toMatch(new RegExp(`^export (?:async )?(?:function|const) ${name}\\b`, 'm'));
});

it('goes where the code goes: each ring asks the next', () => {
  const hands = [
    ['src/workflows/kinds.ts', 'src/workflows/chat/turn-kind.ts'],
    ['src/workflows/chat/turn-kind.ts', 'src/workflows/chat/turn.ts'],
    ['src/gateway/turns.ts', 'src/openclaw/sidecar/ask-sidecar.ts'],
    ['src/openclaw/sidecar/ask-sidecar.ts', 'src/openclaw/sidecar/bootstrap.ts'],
    ['src/machine/machine-service.ts', 'src/machine/run-command.ts'],
    ['src/dedalus/client.ts', 'src/dedalus/calls/executions.ts'],
    ['src/sidecar/server.ts', 'src/sidecar/commands.ts'],
    ['src/sidecar/commands.ts', 'src/sidecar/turns/turns.ts'],
    ['src/sidecar/turns/turns.ts', 'src/sidecar/turns/send.ts'],
    ['src/gateway/turns.ts', 'src/gateway/turn-answer.ts'],
    ['src/gateway/turns.ts', 'src/gateway/turn-outcome.ts'],
  ] as const;
  for (const [from, to] of hands)
    expect([from, files.get(from)?.imports]).toEqual([from, expect.arrayContaining([to])]);
});
