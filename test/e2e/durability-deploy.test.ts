/** Every way in which creating a machine goes wrong: what the person sees, and that one machine is paid for. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultsRequest } from '../../src/local/api/faults.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { skippingClock } from '../support/skipping-clock.ts';

type Faults = FaultsRequest['faults'];
type Action = Faults[number]['action'];

let lab: Lab;
let agent: LabClient;
const clock = skippingClock();
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect({}, { clock });
});
afterAll(() => lab.close());

const created = () => Number(lab.local.api.stats.document().machines_created);

async function machines(): Promise<string[]> {
  const { data } = await agent.call('list_machines');
  return Object(data).machines.map((one: { machine_id: string }) => one.machine_id);
}

/** Deploys under `faults`, and removes everything afterwards, so that the next case begins with an empty account. */
async function deployUnder(faults: Faults, meanwhile: () => Promise<void> = async () => {}) {
  const before = created();
  lab.local.api.faults.set({ faults });
  const deploying = agent.finish('deploy_openclaw');
  await meanwhile();
  const { data, texts } = await deploying;
  lab.local.api.faults.set({ faults: [] });
  const left = await machines();
  for (const id of left) await agent.assembled.services.machines.destroy(id);
  await rm(lab.stateDir, { recursive: true });
  const notes = Array.isArray(data.notes) ? data.notes.join(' ') : '';
  return { data, text: texts[0] ?? '', left, notes, paid: created() - before };
}

const on = (operation: Faults[number]['operation'], action: Action, more = {}): Faults => [
  { operation, action, ...more },
];
const broken = (reason: string): Action => ({ type: 'machine_failed', reason });

describe('one deploy pays for one machine, and nobody notices', () => {
  it.each<[fault: string, faults: Faults]>([
    ['nothing', []],
    ['the answer to create is lost', on('create', { type: 'lose_answer' })],
    ['the connection breaks before create arrives', on('create', { type: 'reset' })],
    ['create answers 500 although it did create', on('create', { type: 'error_after' })],
    ['create answers with a web page', on('create', { type: 'html_body' })],
    ['create answers with nothing', on('create', { type: 'empty_body' })],
    ['create is rate limited three times', on('create', { type: 'rate_limited' }, { times: 3 })],
    [
      'create says that its key is already in flight',
      on('create', {
        type: 'refuse',
        status: 429,
        error_code: 'RATE_LIMITED',
        message: 'idempotency key is already in-flight',
        retryable: true,
        retry_after_ms: 84,
      }),
    ],
    ['the API is unavailable for a moment', on('create', { type: 'unavailable' }, { times: 2 })],
    [
      'the guest refuses commands at first',
      on('execution_create', { type: 'refuse_execution' }, { times: 4 }),
    ],
    [
      'the host agent fails',
      on(
        'execution_create',
        { type: 'refuse_execution', error_code: 'host_agent_execute_failed' },
        { nth: 2 },
      ),
    ],
    ['answers to commands are lost', on('execution_create', { type: 'lose_answer' }, { nth: 2, times: 3 })],
    [
      'looks at commands fail',
      on('execution_get', { type: 'error_after', status: 503 }, { nth: 3, times: 2 }),
    ],
    [
      'the output of a command is empty',
      on('execution_output', { type: 'empty_body' }, { nth: 1, times: 1 }),
    ],
    [
      'the machine falls asleep during the installation',
      on('execution_create', { type: 'autosleep_now' }, { nth: 4 }),
    ],
  ])('%s', async (_fault, faults) => {
    const { data, left, paid } = await deployUnder(faults);
    expect(data).toMatchObject({ status: 'ready', machine_id: left[0] });
    expect(left).toHaveLength(1);
    expect(paid).toBe(1);
  });
});

describe('a machine that dies at birth is removed and replaced, and the person is told', () => {
  it.each<[fault: string, faults: Faults, told: string]>([
    ['it vanishes right after running', on('create', { type: 'machine_vanishes' }), 'machine_not_found'],
    ['its storage fails', on('create', broken('StorageProvisioningFailed')), 'StorageProvisioningFailed'],
    ['no host is ready', on('create', broken('NoReadyHosts')), 'NoReadyHosts'],
    ['its runtime does not start', on('create', broken('RuntimeWakeFailed')), 'RuntimeWakeFailed'],
  ])('%s', async (_fault, faults, told) => {
    const { data, left, notes, paid } = await deployUnder(faults);
    expect(data).toMatchObject({ status: 'ready', machine_id: left[0] });
    expect(left).toHaveLength(1);
    expect(paid).toBe(2);
    expect(notes).toContain('destroyed and replaced');
    if (told !== 'machine_not_found') expect(notes).toContain(told);
  });

  it('no host takes it for two minutes', async () => {
    const { data, left, notes } = await deployUnder(on('create', { type: 'stuck_placement' }), async () => {
      await expect.poll(() => machines()).toHaveLength(1);
      const first = created();
      // Which of its waits the deploy is in nobody can see: two minutes pass until it gives the machine up.
      const passing = () => {
        clock.skip(121_000);
        return created();
      };
      await expect.poll(passing, { interval: 500 }).toBe(first + 1);
    });
    expect(data).toMatchObject({ status: 'ready', machine_id: left[0] });
    expect(left).toHaveLength(1);
    expect(notes).toContain('placement_stuck');
  });

  it('three in a row: gives up, leaves nothing behind, and says so', async () => {
    const faults = on('create', broken('NoReadyHosts'), { times: 9 });
    const { data, left, text, paid } = await deployUnder(faults);
    expect(data).toMatchObject({ status: 'failed', error: { code: 'machine_failed' } });
    expect(left).toEqual([]);
    expect(paid).toBe(3);
    expect(text).toContain('none was left behind');
  });

  it('not when the quota is the reason', async () => {
    const { data, left, text, paid } = await deployUnder(on('create', broken('QuotaExceeded'), { times: 9 }));
    expect(data).toMatchObject({ status: 'failed' });
    expect(left).toEqual([]);
    expect(paid).toBe(1);
    expect(text).toContain('quota');
  });

  it('not when the account is full', async () => {
    const full: Action = {
      type: 'refuse',
      status: 409,
      error_code: 'QUOTA_EXCEEDED',
      message: 'machine quota exceeded',
    };
    const { data, paid } = await deployUnder(on('create', full, { times: 9 }));
    expect(data).toMatchObject({ status: 'failed', error: { code: 'quota' } });
    expect(paid).toBe(0);
    expect(data.next).toContain('list_machines');
  });
});
