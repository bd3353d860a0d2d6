/** Wake and sleep when the platform does not play along: what the person sees, and that nothing is lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultsRequest } from '../../src/local/api/faults.ts';
import type { ModelFault } from '../../src/stand-in/model-server.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { skippingClock } from '../support/skipping-clock.ts';

type Faults = FaultsRequest['faults'];

let lab: Lab;
let agent: LabClient;
let machine: string;
const clock = skippingClock();
beforeAll(async () => {
  lab = await startLab({ model: { fault: ({ question }) => modelFault(question) } });
  agent = await lab.connect({}, { clock });
  machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
});
afterAll(() => lab.close());
beforeEach(() => set([]));

function modelFault(question: string): ModelFault | undefined {
  if (question.includes('slow')) return { kind: 'slow', ms: 1200 };
  return question.includes('endless') ? { kind: 'hang' } : undefined;
}

const set = (faults: Faults) => lab.local.api.faults.set({ faults });
const signature = { type: 'signature_missing' } as const;
const refuse = (error_code: string, retry_after_ms?: number) => ({
  type: 'refuse' as const,
  status: 409,
  error_code,
  message: 'no',
  ...(retry_after_ms !== undefined && { retry_after_ms }),
});

/** Resolves when the running operation of this kind says so of itself. */
async function told(kind: string, words: string): Promise<void> {
  const { operations } = agent.assembled.services;
  const mine = async () => (await operations.list('running')).find((record) => record.kind === kind)?.id;
  await expect.poll(mine, PATIENT).toBeDefined();
  const id = String(await mine());
  await new Promise<void>((resolve) => {
    const onProgress = ({ message = '' }: { message?: string | undefined }) =>
      message.includes(words) && resolve();
    void operations.await(id, { waitMs: 3_600_000, onProgress });
  });
}

async function asleep(): Promise<void> {
  set([]);
  await agent.finish('sleep_machine');
  expect((await agent.call('list_machines')).data).toMatchObject({ machines: [{ phase: 'sleeping' }] });
}

/** Of what another process does, on a computer that does much else. */
const PATIENT = { timeout: 20_000 };

describe('a wake', () => {
  it.each<[fault: string, faults: Faults, how: string]>([
    ['works as documented', [], 'woken'],
    ['is closed to public keys (401)', [{ operation: 'wake', action: signature }], 'woken_by_execution'],
    [
      'is refused in this state (409)',
      [{ operation: 'wake', action: refuse('INVALID_STATE') }],
      'woken_by_execution',
    ],
    ['loses its answer', [{ operation: 'wake', action: { type: 'lose_answer' } }], 'woken'],
    ['is busy at first', [{ operation: 'wake', action: { type: 'unavailable' }, times: 2 }], 'woken'],
  ])('that %s brings everything back', async (_fault, faults, how) => {
    await asleep();
    set(faults);
    const woken = await agent.finish('wake_machine');
    expect(woken.data).toMatchObject({
      status: 'done',
      phase: 'running',
      how,
      repaired: [expect.stringContaining('gateway')],
    });
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
  });

  it('of a machine that runs changes nothing, not even the process of its gateway', async () => {
    const pid = async () => (await agent.assembled.services.openclaw.probe(machine)).process;
    const before = await gatewayPid();
    const woken = await agent.finish('wake_machine');
    expect(woken.data).toMatchObject({ status: 'done', how: 'already_running', repaired: [] });
    expect(await pid()).toBe('running');
    expect(await gatewayPid()).toBe(before);
  });

  it('that preserved everything resumes the suspended gateway, in the same process', async () => {
    const before = await gatewayPid();
    const { openclaw } = agent.assembled.services;
    expect(await openclaw.suspendGateway(machine, { waitSeconds: 0 })).toMatchObject({ state: 'suspended' });
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: false });
    expect((await agent.finish('wake_machine')).data).toMatchObject({ repaired: [] });
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
    expect(await gatewayPid()).toBe(before);
  });

  it('is not needed before a chat, even with a suspended gateway', async () => {
    const before = await gatewayPid();
    await agent.assembled.services.openclaw.suspendGateway(machine, { waitSeconds: 0 });
    const { data } = await agent.finish('chat', { message: 'Are you suspended?' });
    expect(data).toMatchObject({ status: 'done', reply: expect.stringContaining('suspended') });
    expect(await gatewayPid()).toBe(before);
  });
});

describe('a sleep', () => {
  it('that the platform closes to public keys is explained, and the assistant goes on', async () => {
    set([{ operation: 'sleep', action: signature, times: 9 }]);
    const refused = await agent.finish('sleep_machine');
    expect(refused.data).toMatchObject({ status: 'failed', error: { code: 'unsupported' } });
    expect(refused.texts[0]).toMatch(/goes to sleep by itself after 1800 s/);
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
  });

  it('waits out a hold that is short', async () => {
    set([{ operation: 'sleep', action: refuse('SLEEP_HOLD_WINDOW_ACTIVE', 300) }]);
    const { data } = await agent.finish('sleep_machine');
    expect(data).toMatchObject({ status: 'done', phase: 'sleeping' });
    expect(Object(data).stages.map((stage: { name: string }) => stage.name)).toContain('hold');
    await agent.finish('wake_machine');
  });

  it('says when to come back where the hold is long, and the assistant goes on', async () => {
    set([{ operation: 'sleep', action: refuse('SLEEP_HOLD_WINDOW_ACTIVE', 200_000), times: 9 }]);
    const refused = await agent.finish('sleep_machine');
    expect(refused.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
    expect(refused.data.next).toContain('in 200 s');
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
  });

  it('waits for a turn that runs, and the reply is not lost', async () => {
    const turn = agent.call('chat', { message: 'A slow question', wait_seconds: 0 });
    const { operation_id } = (await turn).data;
    await expect.poll(() => lab.model.requests.at(-1)?.question, PATIENT).toBe('A slow question');
    const sleeping = agent.finish('sleep_machine');
    const reply = await agent.finish('get_operation', { operation_id });
    expect(reply.data).toMatchObject({ status: 'done', reply: expect.stringContaining('A slow question') });
    expect((await sleeping).data).toMatchObject({ status: 'done', phase: 'sleeping', notes: [] });
  });

  it('does not wait for ever, and names the work that it cuts off', async () => {
    await agent.finish('wake_machine');
    const ask = { message: 'An endless question', session: 'cut', wait_seconds: 0 };
    const { operation_id } = (await agent.call('chat', ask)).data;
    await expect.poll(() => lab.model.requests.at(-1)?.question, PATIENT).toBe(ask.message);
    const sleeping = agent.finish('sleep_machine');
    await told('sleep', 'chat turn');
    clock.skip(6 * 60_000);
    const { data } = await sleeping;
    expect(data).toMatchObject({ status: 'done', phase: 'sleeping' });
    expect(data.notes).toEqual([expect.stringContaining(String(operation_id))]);
    const cut = await agent.finish('get_operation', { operation_id });
    expect(cut.data).toMatchObject({ status: 'failed' });
    expect(cut.texts.join('\n')).toContain('sleep');
  });
});

async function gatewayPid(): Promise<string> {
  const command = ['/bin/sh', '-c', 'cat "$HOME/.openclaw-mcp/gateway.pid"'];
  return (
    await agent.assembled.services.machines.run(machine, { command, timeoutMs: 5000, rerunnable: true })
  ).stdout;
}
