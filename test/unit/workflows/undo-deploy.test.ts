/** What a cancelled deploy may delete: a machine of its own that nobody can have used; in doubt it stays, and says so. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Machine } from '../../../src/dedalus/api.ts';
import type { MachineService } from '../../../src/machine/ports.ts';
import { TESTED_RELEASE } from '../../../src/openclaw/catalog/tested-release.ts';
import type { OpenClawService, Probe } from '../../../src/openclaw/ports.ts';
import type { Operations } from '../../../src/operations/ports.ts';
import type { OperationRecord } from '../../../src/operations/record.ts';
import { startDeploy } from '../../../src/workflows/deploy/start.ts';
import { undoDeploy } from '../../../src/workflows/deploy/undo.ts';
import type { Directory } from '../../../src/workflows/look/directory.ts';

const spec = { vcpu: 1, memoryMib: 1024, storageGib: 2 };

function deploy(stages: readonly string[], more: Partial<OperationRecord> = {}): OperationRecord {
  const at = '2026-11-01T00:00:00.000Z';
  return {
    id: 'deploy_1',
    kind: 'deploy',
    key: 'mine',
    status: 'cancelled',
    createdAt: at,
    updatedAt: at,
    stages: stages.map((name) => ({ name, startedAt: at })),
    notes: [],
    input: { name: 'mine', spec },
    machineId: 'dm-1',
    state: { key: 'deploy_1-1', keyAt: at },
    ...more,
  };
}

const UNUSED = { has_worked: false, has_state: false, ready: 'not_checked' } as const;

/** One machine in `phase` that tells `seen` of itself, or does not answer; keeps what was done to it. */
function cloud(phase: string, seen: Partial<Probe> | AppError) {
  const done: string[] = [];
  const unknown = {
    autosleepSeconds: undefined,
    createdAt: undefined,
    reason: undefined,
    lastError: undefined,
    retryable: undefined,
    revision: undefined,
    lastTransitionAt: undefined,
    runtime: undefined,
  };
  const one: Machine = { machineId: 'dm-1', phase, desiredState: 'running', ...spec, ...unknown };
  const look = async () => {
    if (seen instanceof AppError) throw seen;
    return seen;
  };
  const only = <T extends object>(part: Partial<T>): T =>
    new Proxy(part, {
      get: (target, name) => Reflect.get(target, name) ?? (() => expect.fail(`${String(name)} is not asked`)),
    }) as T;
  const machines = only<MachineService>({
    get: async () => one,
    list: async () => [one],
    create: async () => ({ ...one, autosleepRefused: false }),
    destroy: async () => {
      done.push('destroyed');
      return one;
    },
  });
  const openclaw = only<OpenClawService>({
    stopJob: async () => {
      await look();
      done.push('stopped');
    },
    probe: async () => (await look()) as Probe,
  });
  return { machines, openclaw, done };
}

const ALL = ['create', 'boot', 'guest', 'plan', 'node', 'openclaw'];
const silent = new AppError('machine_failed', 'The machine refuses commands');

describe('a cancelled deploy keeps its machine, and names the only tool that deletes it', () => {
  it.each<[why: string, phase: string, seen: Partial<Probe> | AppError, stages: string[]]>([
    ['its assistant has worked', 'running', { ...UNUSED, has_worked: true }, ALL],
    ['its gateway answers', 'running', { ...UNUSED, ready: 'yes' }, ALL],
    ['conversations lie on it', 'running', { ...UNUSED, has_state: true }, ALL],
    ['it was used before its deploy got to it', 'running', { ...UNUSED, has_worked: true }, ALL.slice(0, 2)],
    ['it sleeps and cannot be looked at', 'sleeping', UNUSED, ALL],
    ['it sleeps, although its deploy has seen no guest', 'sleeping', UNUSED, ALL.slice(0, 2)],
    ['it has failed since, with whatever is on it', 'failed', UNUSED, ALL],
    ['it is in a phase that nobody knows', 'migrating', UNUSED, ALL],
    ['it does not answer', 'running', silent, ALL],
    ['its answer cannot be read', 'running', new AppError('command_failed', 'unreadable'), ALL],
  ])('when %s', async (_, phase, seen, stages) => {
    const { machines, openclaw, done } = cloud(phase, seen);
    const told = await undoDeploy({ machines, openclaw }, deploy(stages));
    expect(done).not.toContain('destroyed');
    expect(told).toContain('Machine dm-1 was kept');
    expect(told).toContain('Only destroy_machine deletes it');
  });

  it('also when only its create call is known, and the machine has been used meanwhile', async () => {
    const { machines, openclaw, done } = cloud('running', { ...UNUSED, has_worked: true });
    const record = deploy(['create'], { state: { key: 'deploy_1-1' } });
    expect(await undoDeploy({ machines, openclaw }, record)).toContain('was kept');
    expect(done).toEqual(['stopped']);
  });
});

describe('a cancelled deploy removes what costs for nothing', () => {
  it.each<[why: string, phase: string, seen: Partial<Probe> | AppError, stages: string[], done: string[]]>([
    ['it was not up yet', 'starting', UNUSED, ALL.slice(0, 2), ['destroyed']],
    ['it died at birth', 'failed', UNUSED, ALL.slice(0, 2), ['destroyed']],
    ['its guest has never answered', 'running', silent, ALL.slice(0, 3), ['destroyed']],
    ['nothing works on it, once the job has ended', 'running', UNUSED, ALL, ['stopped', 'destroyed']],
  ])('when %s', async (_, phase, seen, stages, expected) => {
    const { machines, openclaw, done } = cloud(phase, seen);
    expect(await undoDeploy({ machines, openclaw }, deploy(stages))).toBeUndefined();
    expect(done).toEqual(expected);
  });
});

/** Without a model server of one's own nobody is asked anything. */
const asked = {
  providers: [],
  clock: systemClock,
  fetch,
  release: TESTED_RELEASE,
  requireRelease: async () => {},
};

describe('a further deploy of the name of a machine that has failed', () => {
  const started = (earlier: OperationRecord, others: readonly OperationRecord[] = []) => {
    const { machines, openclaw, done } = cloud('failed', silent);
    const operations: Partial<Operations> = {
      list: async () => [...others, earlier],
      start: async ({ input }) => ({ ...earlier, input }),
    };
    const directory: Partial<Directory> = { latestDeploy: async () => earlier };
    const deps = { ...asked, machines, openclaw, operations, directory } as Parameters<typeof startDeploy>[0];
    return { done, begun: startDeploy(deps, { name: 'mine', spec }, {}) };
  };

  it.each<[why: string, earlier: OperationRecord, others?: OperationRecord[]]>([
    ['its deploy was at the installation', deploy(ALL, { status: 'failed' })],
    ['an assistant lived on it', deploy(ALL, { status: 'done' })],
    [
      'it was there before its deploy',
      deploy(['boot'], { input: { name: 'mine', spec, machineId: 'dm-1' } }),
    ],
    ['its record was lost and found', deploy([], { state: { recovered: true } })],
    [
      'somebody talked to it',
      deploy(['boot'], { status: 'failed' }),
      [deploy([], { id: 'turn_1', kind: 'turn', key: 'x', state: {} })],
    ],
  ])('deletes nothing when %s', async (_, earlier, others) => {
    const { done, begun } = started(earlier, others);
    await expect(begun).rejects.toMatchObject({
      code: 'machine_failed',
      next: expect.stringContaining('destroy_machine'),
    });
    expect(done).toEqual([]);
  });

  it('replaces one that died at birth', async () => {
    const { done, begun } = started(deploy(['create', 'boot'], { status: 'failed' }));
    await begun;
    expect(done).toEqual(['destroyed']);
  });
});
