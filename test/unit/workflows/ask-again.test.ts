/** Which failures on the way to a machine are waited out, and for how long. */
import { expect, it } from 'vitest';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../../src/core/errors.ts';
import type { OperationHandle } from '../../../src/operations/ports.ts';
import { askUntilAnswered } from '../../../src/workflows/jobs/ask-again.ts';
import { autoClock } from '../../support/manual-clock.ts';

function handle(signal = new AbortController().signal): OperationHandle {
  const record = {
    id: 'turn_1',
    kind: 'turn',
    key: 'k',
    createdAt: '',
    updatedAt: '',
    stages: [],
    notes: [],
  };
  const nothing = async () => {};
  return {
    id: record.id,
    record: { ...record, status: 'running', input: {}, state: {} },
    signal,
    stage: nothing,
    tell: () => {},
    note: nothing,
    drop: nothing,
    save: nothing,
    onMachine: nothing,
    partial: () => {},
    watched: () => false,
  };
}

/** Fails `times` times, then answers with the number of questions. */
function failing(times: number, code: ErrorCode, options?: AppErrorOptions) {
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked <= times) throw new AppError(code, 'no', options);
    return { asked };
  };
}

it.each<[ErrorCode, number]>([
  ['unavailable', 20],
  ['timeout', 20],
  ['command_failed', 2],
])('waits out %s', async (code, times) => {
  expect(await askUntilAnswered(handle(), autoClock(), failing(times, code))).toEqual({ asked: times + 1 });
});

it.each<[string, ErrorCode, AppErrorOptions | undefined]>([
  ['a refused key', 'auth', undefined],
  ['a lost machine', 'machine_failed', undefined],
  ['what a script says on purpose', 'unavailable', { details: { script_error: 'locked' } }],
  ['a message that was not sent', 'unavailable', { details: { sent: false } }],
])('does not wait out %s', async (_what, code, options) => {
  const clock = autoClock();
  await expect(askUntilAnswered(handle(), clock, failing(1, code, options))).rejects.toMatchObject({ code });
  expect(clock.slept).toEqual([]);
});

it('gives up on output that cannot be read the third time, and on an outage after ten minutes', async () => {
  const clock = autoClock();
  await expect(askUntilAnswered(handle(), clock, failing(3, 'command_failed'))).rejects.toThrow('no');
  const start = clock.now();
  await expect(askUntilAnswered(handle(), clock, failing(10_000, 'unavailable'))).rejects.toThrow('no');
  expect((clock.now() - start) / 60_000).toBeGreaterThanOrEqual(10);
  expect((clock.now() - start) / 60_000).toBeLessThan(11);
});

it('stops at once when the operation is cancelled', async () => {
  const gone = new AbortController();
  gone.abort(new Error('cancelled'));
  await expect(askUntilAnswered(handle(gone.signal), autoClock(), failing(9, 'unavailable'))).rejects.toThrow(
    'cancelled',
  );
});
