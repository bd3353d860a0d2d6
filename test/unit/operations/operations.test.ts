import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import { operations } from '../../../src/operations/operations.ts';
import type { OperationHandle, OperationKind } from '../../../src/operations/ports.ts';
import { parseOperationId } from '../../../src/operations/record.ts';
import { fileStore } from '../../../src/operations/store.ts';
import { manualClock } from '../../support/manual-clock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'operations-'));
});
// Work that a test left running may still write.
afterEach(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));

/** Work that ends when the test says so, and counts how often it was begun. */
function gatedKind() {
  const begun: string[] = [];
  let open: (result: { ok: boolean }) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  let arrive: () => void = () => {};
  const atWork = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const kind: OperationKind = {
    async run(operation) {
      begun.push(operation.id);
      await operation.stage('first');
      await operation.save({ reached: 'first' });
      return new Promise((resolve, reject) => {
        open = resolve;
        fail = reject;
        operation.signal.addEventListener('abort', () => reject(operation.signal.reason));
        arrive();
      });
    },
    cancel: async () => undefined,
  };
  return { kind, begun, atWork, open: () => open({ ok: true }), fail: (error: unknown) => fail(error) };
}

/** As another process would see the same state folder. */
function server(kind: OperationKind) {
  const clock = manualClock();
  return { clock, ops: operations(fileStore(dir, systemClock), clock, { work: kind }) };
}

const begin = { kind: 'work', key: 'k', input: { a: 1 } };

describe('a long operation', () => {
  it('is recorded privately before any of its work is done', async () => {
    const gate = gatedKind();
    const { ops } = server(gate.kind);
    const record = await ops.start({ ...begin, machineId: 'dm-1' });
    expect(gate.begun).toEqual([]);
    expect(record).toMatchObject({ status: 'running', input: { a: 1 } });
    const file = join(dir, `${record.id}.json`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8')).id).toBe(record.id);
    expect(parseOperationId(record.id)).toEqual({ kind: 'work', machineId: 'dm-1' });
  });

  it('is joined by a second call with the same key, also from another process', async () => {
    const { ops } = server(gatedKind().kind);
    const other = server(gatedKind().kind).ops;
    const [first, second, third] = await Promise.all([
      ops.start(begin),
      other.start(begin),
      ops.start(begin),
    ]);
    expect(new Set([first.id, second.id, third.id]).size).toBe(1);
    expect((await ops.start({ ...begin, key: 'other' })).id).not.toBe(first.id);
  });

  it('answers "running" after the wait, and done to whoever asks later', async () => {
    const gate = gatedKind();
    const { ops, clock } = server(gate.kind);
    const { id } = await ops.start(begin);
    const waiting = ops.await(id, { waitMs: 45_000 });
    await gate.atWork;
    await clock.advance(45_000);
    expect((await waiting).record).toMatchObject({ status: 'running', stages: [{ name: 'first' }] });
    gate.open();
    const ended = await ops.await(id, { waitMs: 45_000 });
    expect(ended.record).toMatchObject({ status: 'done', result: { ok: true } });
    expect(gate.begun).toHaveLength(1);
  });

  it('tells a stage that it hears of late from when it began, and never from before the one before it', async () => {
    const kind: OperationKind = {
      async run(operation) {
        await operation.stage('asked');
        await clock.advance(10_000);
        await operation.stage('fetched', 7_000);
        await operation.stage('unpacked', 60_000);
        return {};
      },
      cancel: async () => undefined,
    };
    const { clock, ops } = server(kind);
    const { id } = await ops.start(begin);
    const { stages } = (await ops.await(id, { waitMs: 45_000 })).record;
    const at = stages.map(({ startedAt }) => Date.parse(startedAt));
    expect(at.map((each) => each - (at[0] ?? 0))).toEqual([0, 3_000, 3_000]);
  });

  it('goes on when a caller gives up waiting', async () => {
    const gate = gatedKind();
    const { ops } = server(gate.kind);
    const { id } = await ops.start(begin);
    const gone = new AbortController();
    const waiting = ops.await(id, { waitMs: 45_000, signal: gone.signal });
    await gate.atWork;
    gone.abort(new Error('client went away'));
    await expect(waiting).rejects.toThrow('client went away');
    gate.open();
    expect((await ops.await(id, { waitMs: 1000 })).record.status).toBe('done');
    expect(gate.begun).toHaveLength(1);
  });

  it('is carried on by the next process with what was saved', async () => {
    const killed = gatedKind();
    const first = server(killed.kind).ops;
    const { id } = await first.start(begin);
    const abandoned = first.await(id, { waitMs: 1000 });
    await killed.atWork;
    first.close();
    expect((await abandoned).record.status).toBe('running');

    const gate = gatedKind();
    const next = server(gate.kind).ops;
    expect((await next.list('running')).map((record) => record.id)).toEqual([id]);
    const waiting = next.await(id, { waitMs: 1000 });
    await gate.atWork;
    gate.open();
    expect((await waiting).record).toMatchObject({ status: 'done', state: { reached: 'first' } });
  });

  it('keeps its failure, told in our words, for every later question', async () => {
    const gate = gatedKind();
    const { ops } = server(gate.kind);
    const { id } = await ops.start(begin);
    const waiting = ops.await(id, { waitMs: 1000 });
    await gate.atWork;
    gate.fail(new AppError('quota', 'The account is full', { next: 'Destroy one.', details: { used: 5 } }));
    expect((await waiting).record).toMatchObject({
      status: 'failed',
      error: { code: 'quota', next: 'Destroy one.' },
    });
    const later = server(gatedKind().kind).ops;
    expect((await later.await(id, { waitMs: 0 })).record.error).toMatchObject({ details: { used: 5 } });
  });

  it('hides what an unexpected defect says', async () => {
    const gate = gatedKind();
    const { ops } = server(gate.kind);
    const { id } = await ops.start(begin);
    const waiting = ops.await(id, { waitMs: 1000 });
    await gate.atWork;
    gate.fail(new TypeError('cannot read secret of undefined'));
    const { record } = await waiting;
    expect(record.error).toMatchObject({ code: 'internal', message: expect.stringMatching(/\(id \w+\)$/) });
    expect(JSON.stringify(record)).not.toContain('secret of undefined');
  });

  it('can be cancelled, and stays so', async () => {
    const gate = gatedKind();
    const { ops } = server(gate.kind);
    const { id } = await ops.start(begin);
    const waiting = ops.await(id, { waitMs: 1000 });
    await gate.atWork;
    expect((await ops.cancel(id)).status).toBe('cancelled');
    expect((await waiting).record.status).toBe('cancelled');
    expect((await ops.await(id, { waitMs: 0 })).record.status).toBe('cancelled');
    expect((await ops.start(begin)).id).not.toBe(id);
  });

  it('is stopped where another process is at it when this one cancels it', async () => {
    const gate = gatedKind();
    const far = server(gate.kind).ops;
    const { id } = await far.start(begin);
    const waiting = far.await(id, { waitMs: 1000 });
    await gate.atWork;
    await server(gatedKind().kind).ops.cancel(id);
    gate.open();
    expect((await waiting).record.status).toBe('cancelled');
    expect((await far.await(id, { waitMs: 0 })).record.status).toBe('cancelled');
  });

  it('does not count as cancelled for good before what it left is removed', async () => {
    let broken = true;
    const removed: string[] = [];
    const kind: OperationKind = {
      run: (operation) =>
        new Promise((_, reject) => {
          operation.signal.addEventListener('abort', () => reject(operation.signal.reason));
        }),
      async cancel({ id }) {
        if (broken) throw new AppError('unavailable', 'not now');
        removed.push(id);
        return undefined;
      },
    };
    const { ops } = server(kind);
    const { id } = await ops.start(begin);
    await expect(ops.cancel(id)).rejects.toThrow('not now');
    broken = false;
    expect((await server(kind).ops.cancel(id)).status).toBe('cancelled');
    await ops.cancel(id);
    expect(removed).toEqual([id]);
  });

  it('keeps the end that came first when two processes work at it', async () => {
    const gates = [gatedKind(), gatedKind()] as const;
    const [a, b] = [server(gates[0].kind).ops, server(gates[1].kind).ops];
    const { id } = await a.start(begin);
    const both = [a.await(id, { waitMs: 1000 }), b.await(id, { waitMs: 1000 })] as const;
    await Promise.all(gates.map((gate) => gate.atWork));
    gates[0].open();
    await both[0];
    gates[1].fail(new AppError('unavailable', 'too late'));
    expect((await both[1]).record).toMatchObject({ status: 'done', result: { ok: true } });
    expect((await a.await(id, { waitMs: 0 })).record.status).toBe('done');
  });

  it('is found again without its record, by its id, where its kind can tell', async () => {
    const kind: OperationKind = {
      run: async ({ record }) => ({ from: record.input.at ?? null }),
      recover: async (_id, at) => (at === 'dm-1' ? { key: at, input: { at } } : undefined),
    };
    const { ops } = server(kind);
    const { record } = await ops.await('work_dm-1_0123456789abcdef', { waitMs: 1000 });
    expect(record).toMatchObject({ status: 'done', result: { from: 'dm-1' } });
    expect(record.notes[0]).toContain('record of this operation was lost');
    await expect(ops.await('work_dm-2_0123456789abcdef', { waitMs: 0 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('tells waiting callers each stage, and beats while nothing changes', async () => {
    const gate = gatedKind();
    const { ops, clock } = server(gate.kind);
    const { id } = await ops.start(begin);
    const seen: string[] = [];
    const waiting = ops.await(id, {
      waitMs: 25_000,
      onProgress: (p) => seen.push(`${p.stage} ${p.elapsedSeconds}`),
    });
    await gate.atWork;
    await clock.advance(10_000);
    gate.open();
    await waiting;
    expect(seen).toContain('first 0');
    expect(seen).toContain('first 10');
  });

  it('knows whether what it tells is shown to somebody: a caller who only waits for the end is shown nothing', async () => {
    let handle: OperationHandle | undefined;
    const { ops } = server({
      run: (operation) => {
        handle = operation;
        return new Promise(() => {});
      },
    });
    const { id } = await ops.start(begin);
    const gone = new AbortController();
    const waits = { waitMs: 60_000, signal: gone.signal };
    const calls = [ops.await(id, waits)];
    await expect.poll(() => handle?.watched()).toBe(false);
    calls.push(ops.await(id, { ...waits, onProgress: () => {} }));
    await expect.poll(() => handle?.watched()).toBe(true);
    gone.abort();
    await Promise.allSettled(calls);
    expect(handle?.watched()).toBe(false);
  });
});

describe('the state folder', () => {
  it('survives damaged files and refuses ids that leave it', async () => {
    const { ops } = server(gatedKind().kind);
    await ops.start(begin);
    await writeFile(join(dir, 'work_0000000000000000.json'), '{"id": "work_');
    expect(await ops.list('all')).toHaveLength(1);
    await expect(ops.await('../../etc/passwd', { waitMs: 0 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is taken over from a holder that died inside it', async () => {
    const { ops } = server(gatedKind().kind);
    // No process has this id: Linux stops at 4 194 304.
    await writeFile(join(dir, '.lock'), '99999999');
    expect(await ops.start(begin)).toMatchObject({ kind: 'work' });
    expect(await readdir(dir)).not.toContain('.lock');
  });
});
