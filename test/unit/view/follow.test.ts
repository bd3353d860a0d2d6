/** Following work from the page: it ends with the work, bears a host that refuses, and never shows somebody else's. */
import { describe, expect, it } from 'vitest';
import { begunBy, type Call, follow } from '../../../src/view/follow.ts';
import { type Operation, operationOf } from '../../../src/view/told/operation.ts';

function operation(more: Record<string, unknown> = {}): Operation {
  const read = operationOf({
    operation_id: 'deploy_1',
    kind: 'deploy',
    status: 'running',
    name: 'garden',
    ...more,
  });
  if (read === undefined) throw new Error('not an operation');
  return read;
}

async function followed(answers: readonly (object | Error)[]) {
  const seen: string[] = [];
  const hindered: (string | undefined)[] = [];
  const pauses: number[] = [];
  const left = [...answers];
  const ending = new AbortController();
  const call: Call = async (tool, args) => {
    expect([tool, args]).toEqual(['get_operation', { operation_id: 'deploy_1', wait_seconds: 0 }]);
    const answer = left.shift() ?? new Error('gone');
    if (answer instanceof Error) throw answer;
    return { structuredContent: { operation_id: 'deploy_1', kind: 'deploy', ...answer } };
  };
  await follow(operation(), {
    call,
    signal: ending.signal,
    pause: async (ms) => void pauses.push(ms),
    seen: ({ status }) => seen.push(status),
    hindered: (message) => hindered.push(message),
  });
  return { seen, hindered, pauses, left };
}

describe('following', () => {
  it('asks until the work has ended, and no longer', async () => {
    const { seen, left } = await followed([
      { status: 'running' },
      { status: 'running' },
      { status: 'ready' },
      { status: 'ready' },
    ]);
    expect(seen).toEqual(['running', 'running', 'ready']);
    expect(left).toHaveLength(1);
  });

  it('goes on after a host that refused, and says so meanwhile', async () => {
    const { seen, hindered } = await followed([new Error('busy'), { status: 'done' }]);
    expect(seen).toEqual(['done']);
    expect(hindered).toEqual(['busy', undefined]);
  });

  it('leaves a host alone that always refuses', async () => {
    const { seen, pauses } = await followed([]);
    expect(seen).toEqual([]);
    expect(pauses).toHaveLength(12);
    expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? Number.NaN);
  });
});

describe('what a call that has not answered has begun', () => {
  const running = [
    operation(),
    operation({ operation_id: 'deploy_2', name: 'other' }),
    operation({ operation_id: 'wake_1', kind: 'wake', machine_id: 'm-1' }),
    operation({ operation_id: 'wake_2', kind: 'wake', machine_id: 'm-2' }),
    operation({ operation_id: 'restore_1', kind: 'restore', machine_id: 'm-1' }),
  ];

  it.each([
    ['deploy_openclaw', { name: 'garden' }, 'deploy_1'],
    ['deploy_openclaw', {}, undefined],
    ['wake_machine', { machine_id: 'm-2' }, 'wake_2'],
    ['wake_machine', {}, undefined],
    ['backup_openclaw', { action: 'restore' }, 'restore_1'],
    ['backup_openclaw', {}, undefined],
    ['list_machines', {}, undefined],
  ])('%s with %j', (tool, input, id) => {
    expect(begunBy(tool, input, running)?.id).toBe(id);
  });
});
