/** A kind of operation that is declared here alone: run, refused beside another one, and told, without a line elsewhere. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../../src/core/clock.ts';
import { declareKind, workOf } from '../../../src/operations/kind.ts';
import { operations } from '../../../src/operations/operations.ts';
import { fileStore } from '../../../src/operations/store.ts';
import { operationOutcome, operationOutput } from '../../../src/tools/operation-output.ts';
import { KINDS } from '../../../src/workflows/kinds.ts';
import { sources } from '../../rules/source.ts';
import { manualClock } from '../../support/manual-clock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kinds-'));
});
afterEach(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));

const sweep = declareKind({
  name: 'sweep',
  input: z.object({ room: z.string() }),
  result: z.object({ machine_id: z.string(), room: z.string(), swept: z.number(), letter: z.string() }),
  early: ({ input: { room } }) => ({ room }),
  notBeside: ['sweep'],
  onlyLooks: ({ room }) => room === 'none',
  work: ({ crumbs }: { crumbs: number }) => ({
    run: async ({ record }) => ({
      room: record.input.room ?? null,
      swept: crumbs,
      letter: 'Ha!',
      other: 'x',
    }),
  }),
  words: {
    subject: 'Sweeping',
    noun: 'a sweep',
    details: ({ swept, room }) => [swept === undefined ? undefined : `${swept} crumbs of ${room}`],
    next: ({ machine_id }) => `Call sweep again on ${machine_id}.`,
    quotes: ({ letter }) => (letter === undefined ? [] : [{ label: 'a letter', text: letter }]),
    fromOthers: ({ letter }) => (letter === undefined ? [] : ['letter']),
  },
});

const NOW = manualClock().now();
const server = () => operations(fileStore(dir, systemClock), manualClock(), workOf([sweep], { crumbs: 3 }));
const begin = (room: string, machineId = 'dm-1') => ({
  kind: 'sweep',
  key: `${machineId} ${room}`,
  input: { room },
  machineId,
});

test('its words and fields are those that a caller is shown', async () => {
  const ops = server();
  const { id } = await ops.start(begin('kitchen'));
  const [running] = await ops.list('running');
  const early = running && operationOutcome({ record: running, partial: undefined }, NOW, [sweep]);
  expect(early?.data).toMatchObject({ status: 'running', room: 'kitchen', machine_id: 'dm-1' });
  expect(early?.summary).toMatch(/^Sweeping on machine dm-1 is still running/);
  const view = await ops.await(id, { waitMs: 1_000 });
  const { summary, data, foreign } = operationOutcome(view, NOW, [sweep]);
  expect(summary).toMatch(
    /^Sweeping on machine dm-1 is done \(.*\): 3 crumbs of kitchen\. Next: Call sweep again on dm-1\.$/,
  );
  expect(data).toMatchObject({ status: 'done', swept: 3, from_others: expect.stringMatching(/^letter: /) });
  expect(data).not.toHaveProperty('other');
  expect(foreign).toEqual([{ label: 'a letter', text: 'Ha!' }]);
});

test('it is refused beside what it must not run beside, on the same machine alone', async () => {
  const ops = server();
  const { id } = await ops.start(begin('kitchen'));
  await expect(ops.start(begin('hall'))).rejects.toMatchObject({
    code: 'conflict',
    message: 'Nothing was changed: another sweep of this machine is not finished',
    next: expect.stringContaining(id),
  });
  await ops.start(begin('hall', 'dm-2'));
  // What only looks may run beside it.
  await ops.start(begin('none'));
});

test('a call that does not bring its input is a defect, and leaves no record', async () => {
  const ops = server();
  await expect(ops.start({ ...begin('kitchen'), input: {} })).rejects.toThrow();
  expect(await ops.list('all')).toEqual([]);
});

test('a record of a kind that this version does not know is told by what all have', async () => {
  const ops = server();
  await ops.start(begin('kitchen'));
  const [record] = await ops.list('running');
  expect(record && operationOutcome({ record, partial: undefined }, NOW, []).summary).toMatch(
    /^sweep is still/,
  );
});

test.each([
  ['in the state of a deploy', 'deploy_0123456789abcdef', { state: { machineId: 'dm-7', attempt: 2 } }],
  ['in the input', 'wake_dm-7_0123456789abcdef', { input: { machineId: 'dm-7' } }],
  ['in the id alone', 'turn_dm-7_0123456789abcdef', {}],
])('a record that says its machine only %s is understood', async (_where, id, more) => {
  const at = '2026-11-27T08:00:00.000Z';
  const empty = { stages: [], notes: [], input: {}, state: {} };
  const record = { id, kind: id.split('_')[0], key: 'k', status: 'running', createdAt: at, updatedAt: at };
  await writeFile(join(dir, `${id}.json`), JSON.stringify({ ...record, ...empty, ...more }));
  const [read] = await fileStore(dir, systemClock).open();
  expect(read).toMatchObject({ id, machineId: 'dm-7' });
  expect(read?.state).not.toHaveProperty('machineId');
});

test('the fields of every kind are those of the tools, with one meaning each', () => {
  const shown: Readonly<Record<string, unknown>> = operationOutput.shape;
  const json = (field: unknown) =>
    field instanceof z.ZodType ? JSON.stringify(z.toJSONSchema(field, { io: 'output' })) : undefined;
  for (const { result } of KINDS) {
    for (const [name, field] of Object.entries(result.shape))
      expect([name, json(shown[name])]).toEqual([name, json(field)]);
  }
});

test('nothing that all kinds share names one of them', () => {
  const shared = sources('src').filter(
    ({ path }) =>
      /^src\/(?:operations\/|tools\/operation-output|server|sound-settings)/.test(path) &&
      path !== 'src/operations/kind.ts',
  );
  const named = new RegExp(`['"](?:${KINDS.map(({ name }) => name).join('|')})['"]`);
  const places = shared.flatMap(({ path, lines }) =>
    lines.filter((line) => named.test(line)).map((line) => `${path} ${line}`),
  );
  expect(places).toEqual([]);
});
