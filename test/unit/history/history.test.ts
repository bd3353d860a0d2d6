/** The log of calls: who changed what, whatever became of the server that did it. */
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { redactor } from '../../../src/core/redact.ts';
import { fileHistory } from '../../../src/history/history.ts';
import type { Line } from '../../../src/history/line.ts';
import { recordedCall } from '../../../src/history/recorded-call.ts';
import { operationsOf, recordedStore, withEnds } from '../../../src/history/recorded-operations.ts';
import { operations } from '../../../src/operations/operations.ts';
import type { OperationKind } from '../../../src/operations/ports.ts';
import { fileStore } from '../../../src/operations/store.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'history-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const SECRET = 'hunter2-hunter2-hunter2';
const AT = '2026-11-27T12:00:00.000Z';
const id = (n: number) => n.toString(16).padStart(16, '0');
const begun = (n: number, more: Partial<Line> = {}): Line =>
  Object.assign(
    { is: 'begun' as const, call: id(n), at: AT, client: 'c 1', tool: 't', arguments: '{}' },
    more,
  );

function recording(history = fileHistory(dir, systemClock)) {
  return { history, clock: systemClock, redact: redactor([SECRET]), log: silentLog };
}

describe('the file', () => {
  it("is its owner's alone, newest first, and kept within two bounded files", async () => {
    const history = fileHistory(dir, systemClock, 4_000);
    for (let n = 0; n < 200; n++) await history.append(begun(n));
    const { entries, damaged } = await history.read();
    expect(damaged).toBe(0);
    expect(entries[0]?.call).toBe(id(199));
    expect(entries.length).toBeGreaterThan(30);
    expect(entries.length).toBeLessThan(90);
    expect(entries.map(({ call }) => call)).toEqual(entries.map((_, index) => id(199 - index)));
    const names = (await readdir(dir)).sort();
    expect(names).toEqual(['history.1.jsonl', 'history.jsonl'].filter((name) => names.includes(name)));
    for (const name of names) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });

  it('says how many lines are damaged, and loses none besides them', async () => {
    const history = fileHistory(dir, systemClock);
    await history.append(begun(1));
    await appendFile(join(dir, 'history.jsonl'), 'nonsense\n{"is":"begun","call":"../x"}\n{"is":"begun","ca');
    await history.append(begun(2));
    const { entries, damaged } = await history.read();
    expect(entries.map(({ call }) => call)).toEqual([id(2), id(1)]);
    expect(damaged).toBe(3);
  });

  it('takes the lines of several processes at once, each whole', async () => {
    const script = join(dir, 'append.mjs');
    const source = join(import.meta.dirname, '../../../src');
    const contents = `
      import { fileHistory } from './history/history.ts';
      import { systemClock } from './core/clock.ts';
      const [, , dir, from] = process.argv;
      const log = fileHistory(dir, systemClock, 15_000);
      for (let n = 0; n < 40; n++) {
        const call = (Number(from) + n).toString(16).padStart(16, '0');
        await log.append({ is: 'begun', call, at: '${AT}', client: 'c', tool: 't', arguments: 'x'.repeat(50) });
      }`;
    await build({
      stdin: { contents, resolveDir: source, loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: script },
    });
    const state = join(dir, 'state');
    const run = (from: number) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, [script, state, `${from}`], { stdio: 'inherit' });
        child.on('close', resolve);
      });
    expect(await Promise.all([run(0), run(1000), run(2000)])).toEqual([0, 0, 0]);
    const { entries, damaged } = await fileHistory(state, systemClock).read();
    expect(damaged).toBe(0);
    expect(new Set(entries.map(({ call }) => call)).size).toBe(120);
  });
});

describe('a call', () => {
  it('stands in it before it changes anything, without secrets and shortened', async () => {
    const deps = recording();
    const args = { message: `${SECRET} ${'long '.repeat(500)}`, list: [SECRET], n: 1 };
    const call = recordedCall({ tool: 'chat', client: { name: 'evil\u0007', version: SECRET }, args }, deps);
    await call.begin('dm-1');
    const [entry] = (await deps.history.read()).entries;
    expect(entry).toMatchObject({
      tool: 'chat',
      machine: 'dm-1',
      client: 'evil [redacted]',
    });
    expect(entry?.arguments).toContain('characters left out');
    await call.end(new AppError('unavailable', `no way with ${SECRET}`));
    expect((await deps.history.read()).entries[0]?.ended).toMatchObject({
      status: 'failed',
      error: 'no way with [redacted]',
    });
    expect(await readFile(join(dir, 'history.jsonl'), 'utf8')).not.toContain(SECRET);
  });

  it('of a client with a long name of many lines stands on one', async () => {
    const deps = recording();
    const client = { name: `me\n${AT}  other 1  destroy_machine\n`.repeat(500), version: '1' };
    await recordedCall({ tool: 'chat', client, args: {} }, deps).begin('dm-1\ndm-2');
    const [entry] = (await deps.history.read()).entries;
    expect(entry).toMatchObject({ machine: 'dm-1 dm-2', client: expect.stringMatching(/^me [^\n]{0,60}$/) });
  });

  it('that was refused, or never began, is not in it', async () => {
    const deps = recording();
    const refused = recordedCall({ tool: 'chat', client: undefined, args: {} }, deps);
    await refused.end(new AppError('invalid_input', 'no'));
    expect(await deps.history.read()).toEqual({ entries: [], damaged: 0 });
  });

  it('is not made where the log cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const deps = recording(fileHistory(join(dir, 'file'), systemClock));
    const call = recordedCall({ tool: 'chat', client: undefined, args: {} }, deps);
    await expect(call.begin('dm-1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('an operation', () => {
  const quick: OperationKind = {
    async run(operation) {
      await operation.onMachine('dm-9');
      return { machine_id: 'dm-9' };
    },
  };
  const broken: OperationKind = {
    run: async () => {
      throw new AppError('provider', `refused ${SECRET}`);
    },
  };

  function running(kind: OperationKind, name = 'wake') {
    const deps = recording();
    const plain = fileStore(join(dir, 'operations'), systemClock);
    const store = recordedStore(plain, deps.history, silentLog, deps.redact);
    const every = operations(store, systemClock, { [name]: kind });
    const call = recordedCall({ tool: 'wake_machine', client: undefined, args: {} }, deps);
    return { deps, every, plain, mine: operationsOf(every, call, ({ input }) => input.looks === true) };
  }

  it('is told with its end, and with the machine that it made', async () => {
    const { deps, mine } = running(quick);
    const { id: operation } = await mine.start({ kind: 'wake', key: 'k', input: {} });
    expect((await deps.history.read()).entries).toMatchObject([{ operation }]);
    await mine.await(operation, { waitMs: 5_000 });
    expect((await deps.history.read()).entries).toMatchObject([
      { operation, machine: 'dm-9', ended: { status: 'done' } },
    ]);
  });

  it('that fails is told without secrets', async () => {
    const { deps, mine } = running(broken);
    const { id: operation } = await mine.start({ kind: 'wake', key: 'k', input: {} });
    await mine.await(operation, { waitMs: 5_000 });
    expect((await deps.history.read()).entries[0]?.ended).toMatchObject({
      status: 'failed',
      error: 'refused [redacted]',
    });
  });

  it("that is only joined, refused or looks is nobody's change", async () => {
    const { deps, every, mine } = running(quick);
    const first = await every.start({ kind: 'wake', key: 'k', input: {} });
    expect((await mine.start({ kind: 'wake', key: 'k', input: {} })).id).toBe(first.id);
    const check = () => {
      throw new AppError('conflict', 'not now');
    };
    const refusing = running({ ...quick, check });
    await expect(refusing.mine.start({ kind: 'wake', key: 'other', input: {} })).rejects.toThrow('not now');
    await mine.start({ kind: 'wake', key: 'third', input: { looks: true } });
    expect((await deps.history.read()).entries).toEqual([]);
  });

  it('whose end a killed server did not write is told by its record', async () => {
    const { deps, plain, every, mine } = running(quick);
    const record = await mine.start({
      kind: 'wake',
      key: 'k',
      input: { machineId: 'dm-3' },
      machineId: 'dm-3',
    });
    await plain.put({ ...record, status: 'cancelled' });
    const { entries } = await deps.history.read();
    expect(entries[0]?.ended).toBeUndefined();
    expect(await withEnds(entries, every)).toMatchObject([
      { machine: 'dm-3', ended: { status: 'cancelled' } },
    ]);
  });

  it('that is cancelled is a change of whoever cancels, unless it was over', async () => {
    const slow: OperationKind = { run: () => new Promise(() => {}), cancel: async () => undefined };
    const { deps, every, mine } = running(slow);
    const record = await every.start({ kind: 'wake', key: 'k', input: {}, machineId: 'dm-1' });
    await mine.cancel(record.id);
    expect((await deps.history.read()).entries).toMatchObject([{ tool: 'wake_machine', machine: 'dm-1' }]);
    const again = running(slow);
    await again.mine.cancel(record.id);
    expect((await again.deps.history.read()).entries).toHaveLength(1);
  });
});
