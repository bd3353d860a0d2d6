/** Cancelling while processes die or race: whatever an operation may have created is still removed. */
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { operations } from '../../../src/operations/operations.ts';
import type { OperationKind } from '../../../src/operations/ports.ts';
import type { OperationRecord } from '../../../src/operations/record.ts';
import { fileStore, type OperationStore } from '../../../src/operations/store.ts';
import { manualClock } from '../../support/manual-clock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'crash-windows-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const begin = { kind: 'work', key: 'k', input: {} };
const server = (kind: OperationKind, store: OperationStore = fileStore(dir, systemClock)) =>
  operations(store, manualClock(), { work: kind });

/** Never ends by itself. */
const endless: OperationKind['run'] = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

it('a server that dies between stopping the work and removing what it made leaves that to the next', async () => {
  const removed: string[] = [];
  let begun = false;
  const kind: OperationKind = {
    async run(operation) {
      begun = true;
      return endless(operation);
    },
    cancel: async ({ id }) => void removed.push(id),
  };
  const files = fileStore(dir, systemClock);
  let dead = false;
  const dying: OperationStore = {
    ...files,
    async put(record) {
      if (dead) throw new Error('killed');
      await files.put(record);
      dead = record.status === 'cancelled';
    },
  };
  const first = server(kind, dying);
  const { id } = await first.start(begin);
  void first.await(id, { waitMs: 1000 }).catch(() => {});
  await expect.poll(() => begun).toBe(true);
  void first.cancel(id).catch(() => {});
  await expect.poll(async () => (await files.get(id))?.status).toBe('cancelled');

  expect((await server(kind).cancel(id)).status).toBe('cancelled');
  expect(removed).toEqual([id]);
});

it('a step that another process saves at that moment does not undo the cancellation', async () => {
  const files = fileStore(dir, systemClock);
  const undone: unknown[] = [];
  let paid = false;
  let goOn: () => void = () => {};
  const cancelled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let slow = false;
  let looked: () => void = () => {};
  const looking = new Promise<void>((resolve) => {
    looked = resolve;
  });
  // This process is slow between looking at the record and writing it.
  const sluggish: OperationStore = {
    ...files,
    async get(id) {
      const record = await files.get(id);
      if (slow) {
        slow = false;
        looked();
        await systemClock.sleep(50);
      }
      return record;
    },
  };
  const kind: OperationKind = {
    async run(operation) {
      await operation.stage('create');
      slow = true;
      await operation.save({ key: 'k-1' });
      paid = true;
      await cancelled;
      return {};
    },
    async cancel(record: Readonly<OperationRecord>) {
      undone.push(record.state.key);
      return undefined;
    },
  };
  const far = server(kind, sluggish);
  const { id } = await far.start(begin);
  const waiting = far.await(id, { waitMs: 1000 });
  await looking;
  await server(kind).cancel(id);
  goOn();
  await waiting;
  // Either the step was refused before it could cost anything, or the cancellation knew of it.
  expect(paid ? undone : ['k-1']).toEqual(['k-1']);
  expect((await files.get(id))?.status).toBe('cancelled');
});

it('a folder is taken over from a killed server whose process id this one has now, as in a container', async () => {
  await writeFile(join(dir, '.lock'), String(process.pid));
  expect(await server({ run: endless }).start(begin)).toMatchObject({ kind: 'work' });
  expect(await readdir(dir)).not.toContain('.lock');
});

it('a folder is taken over from a server that was killed before the restart that gave its process id away', async () => {
  const lock = join(dir, '.lock');
  await writeFile(lock, `${process.ppid} 0123456789abcdef`);
  const earlier = new Date(systemClock.now() - 3_600_000);
  await utimes(lock, earlier, earlier);
  expect(await server({ run: endless }).start(begin)).toMatchObject({ kind: 'work' });
});

it('a state folder that cannot be written is told as that, with what to do, and is no defect', async () => {
  const file = join(dir, 'a-file');
  await writeFile(file, '');
  const { start, list } = server({ run: endless }, fileStore(join(file, 'operations'), systemClock));
  const told = {
    code: 'unavailable',
    message: expect.stringContaining('ENOTDIR'),
    next: expect.stringContaining('OPENCLAW_MCP_STATE_DIR'),
  };
  await expect(start(begin)).rejects.toMatchObject(told);
  await expect(list('all')).rejects.toMatchObject(told);
});
