/** Following work from the page: it ends with the work, bears a host that refuses, and never shows somebody else's. */
import { describe, expect, it } from 'vitest';
import { begunBy, type Call, follow, toldBy } from '../../../src/view/follow.ts';
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
  let lost = 0;
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
    lost: () => {
      lost += 1;
    },
  });
  return { seen, hindered, pauses, left, lost };
}

describe('following', () => {
  it('asks until the work has ended, and no longer', async () => {
    const { seen, left, lost } = await followed([
      { status: 'running' },
      { status: 'running' },
      { status: 'ready' },
      { status: 'ready' },
    ]);
    expect(seen).toEqual(['running', 'running', 'ready']);
    expect([left.length, lost]).toEqual([1, 0]);
  });

  it('goes on after a host that refused, and says so meanwhile', async () => {
    const { seen, hindered } = await followed([new Error('busy'), { status: 'done' }]);
    expect(seen).toEqual(['done']);
    expect(hindered).toEqual(['busy', undefined]);
  });

  it('leaves a host alone that always refuses, and says that nobody knows any more', async () => {
    const { seen, pauses, lost } = await followed([]);
    expect([seen, lost]).toEqual([[], 1]);
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

describe('what a call was about of whose result only the words came', () => {
  const listed = [
    operation({ status: 'done', elapsed_seconds: 12.3, machine_id: 'm-1' }),
    operation({ operation_id: 'deploy_2', status: 'done', elapsed_seconds: 12.4, machine_id: 'm-1' }),
    operation({
      operation_id: 'turn_1',
      kind: 'turn',
      session: 'default',
      elapsed_seconds: 3,
      machine_id: 'm-1',
    }),
  ];

  it.each([
    ['deploy_openclaw', { name: 'garden' }, 'Deploying on machine m-1 is done (12.3 s).', 'deploy_1'],
    ['deploy_openclaw', { name: 'garden' }, 'Deploying on machine m-2 is done (12.3 s).', undefined],
    ['deploy_openclaw', { name: 'other' }, 'Deploying on machine m-1 is done (12.3 s).', undefined],
    ['deploy_openclaw', { name: 'garden' }, 'Deploying on machine m-1 is done (99.9 s).', undefined],
    ['chat', {}, 'The turn on machine m-1 is done (3 s).', 'turn_1'],
  ])('%s with %j: %s', (tool, input, words, id) => {
    expect(toldBy(tool, input, words, listed)?.id).toBe(id);
  });
});
