/** Chat turns when calls, clients, servers and machines go away: every reply arrives once, or the person is told why not. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultsRequest } from '../../src/local/api/faults.ts';
import type { ModelFault } from '../../src/stand-in/model-server.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

type Faults = FaultsRequest['faults'];

let lab: Lab;
let agent: LabClient;
let machine: string;
beforeAll(async () => {
  lab = await startLab({ model: { fault: ({ question }) => modelFault(question) } });
  agent = await lab.connect();
  machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
});
afterAll(() => lab.close());
beforeEach(() => set([]));

function modelFault(question: string): ModelFault | undefined {
  if (question.includes('slow')) return { kind: 'slow', ms: 700 };
  return question.includes('endless') ? { kind: 'hang' } : undefined;
}

const set = (faults: Faults) => lab.local.api.faults.set({ faults });
const asked = (question: string) => lab.model.requests.filter((one) => one.question === question).length;
const reached = (question: string) => expect.poll(() => asked(question)).toBe(1);

describe('one message, one reply', () => {
  it.each<[fault: string, faults: Faults]>([
    [
      'the machine fell asleep since the last call',
      [{ operation: 'execution_create', action: { type: 'autosleep_now' } }],
    ],
    ['the answer to sending is lost', [{ operation: 'execution_create', action: { type: 'lose_answer' } }]],
    [
      'sending answers 500 although it was sent',
      [{ operation: 'execution_create', action: { type: 'error_after' } }],
    ],
    [
      'the command is refused',
      [{ operation: 'execution_create', action: { type: 'refuse_execution' }, times: 2 }],
    ],
    [
      'the host agent fails',
      [
        {
          operation: 'execution_create',
          action: { type: 'refuse_execution', error_code: 'host_agent_execute_failed' },
        },
      ],
    ],
    ['the connection breaks', [{ operation: 'execution_create', action: { type: 'reset' }, times: 2 }]],
    [
      'a look at the command fails',
      [{ operation: 'execution_get', action: { type: 'error_after', status: 502 }, times: 2 }],
    ],
    ['its output is a web page', [{ operation: 'execution_output', action: { type: 'html_body' } }]],
    ['its output is empty', [{ operation: 'execution_output', action: { type: 'empty_body' } }]],
    ['the command expires', [{ operation: 'execution_create', action: { type: 'expire_execution' } }]],
    [
      'its output is cut',
      [{ operation: 'execution_output', action: { type: 'truncate_output', bytes: 100 } }],
    ],
  ])('%s', async (fault, faults) => {
    set(faults);
    const message = `Hello although ${fault}`;
    const { data } = await agent.finish('chat', { message });
    expect(data).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
    expect(asked(message)).toBe(1);
  });
});

describe('a turn outlives', () => {
  it('the call: the reply is fetched later', async () => {
    const message = 'A slow question, outliving its call';
    const first = await agent.call('chat', { message, wait_seconds: 0 });
    expect(first.data).toMatchObject({ status: 'running', next: expect.stringContaining('get_operation') });
    const { data } = await agent.finish('get_operation', { operation_id: first.data.operation_id });
    expect(data.reply).toContain(message);
    expect(asked(message)).toBe(1);
  });

  it('a client that cancels every request', async () => {
    const message = 'A slow question, cancelled and cancelled again';
    const gone = new AbortController();
    const call = agent.client.callTool({ name: 'chat', arguments: { message } }, undefined, {
      signal: gone.signal,
    });
    await reached(message);
    gone.abort();
    await expect(call).rejects.toThrow();
    const listed = await agent.call('get_operation');
    const { operation_id } = Object(listed.data).operations[0];
    const { data } = await agent.finish('get_operation', { operation_id });
    expect(data.reply).toContain(message);
    expect(asked(message)).toBe(1);
  });

  it('the server process', async () => {
    const message = 'A slow question, outliving its server';
    const first = await lab.connect();
    const { operation_id } = (await first.call('chat', { message, wait_seconds: 0 })).data;
    await reached(message);
    first.assembled.close();
    const { data } = await (await lab.connect()).finish('get_operation', { operation_id });
    expect(data.reply).toContain(message);
    expect(asked(message)).toBe(1);
  });

  it('the state folder', async () => {
    const message = 'A slow question, outliving all records';
    const first = await lab.connect();
    const { operation_id } = (await first.call('chat', { message, wait_seconds: 0 })).data;
    await reached(message);
    first.assembled.close();
    await rm(lab.stateDir, { recursive: true });
    const { data } = await (await lab.connect()).finish('get_operation', { operation_id });
    expect(data).toMatchObject({
      status: 'done',
      notes: [expect.stringContaining('record of this operation was lost')],
    });
    expect(data.reply).toContain(message);
    expect(asked(message)).toBe(1);
  });

  it('an autosleep in its middle: OpenClaw resumes it, and the reply is found', async () => {
    const message = 'An endless question, interrupted';
    const { operation_id } = (await agent.call('chat', { message, session: 'nap', wait_seconds: 0 })).data;
    await reached(message);
    set([{ operation: 'execution_get', action: { type: 'autosleep_now' } }]);
    const { data } = await agent.finish('get_operation', { operation_id });
    expect(data).toMatchObject({ status: 'done', reply: expect.stringContaining('interrupted') });
    expect(data.notes).toContainEqual(expect.stringContaining('OpenClaw went on with it by itself'));
    expect(asked(message)).toBe(1);
  });
});

describe('turns at once', () => {
  it('two to one session are both answered, one after the other', async () => {
    const messages = ['First slow question', 'Second slow question'];
    const turns = messages.map((message) => agent.finish('chat', { message, session: 'both' }));
    for (const [index, turn] of turns.entries()) expect((await turn).data.reply).toContain(messages[index]);
    expect(Object((await agent.call('read_session', { session: 'both' })).data).messages).toHaveLength(4);
  });

  it('ten to ten sessions are all answered', async () => {
    const turns = Array.from({ length: 10 }, (_, n) =>
      agent.finish('chat', { message: `Question ${n}`, session: `s${n}` }),
    );
    for (const [n, turn] of turns.entries()) expect((await turn).data.reply).toContain(`Question ${n}`);
  });

  it('one is cancelled, and the others go on', async () => {
    const ask = (message: string) => agent.call('chat', { message, session: message, wait_seconds: 0 });
    const endless = (await ask('An endless question, to be cancelled')).data.operation_id;
    const slow = (await ask('A slow question beside it')).data.operation_id;
    await reached('An endless question, to be cancelled');
    expect((await agent.call('cancel_operation', { operation_id: endless })).data).toMatchObject({
      status: 'cancelled',
    });
    expect((await agent.finish('get_operation', { operation_id: slow })).data).toMatchObject({
      status: 'done',
    });
    expect((await agent.call('get_operation', { operation_id: endless })).data).toMatchObject({
      status: 'cancelled',
    });
    expect((await agent.assembled.services.openclaw.suspendGateway(machine, { waitSeconds: 2 })).state).toBe(
      'suspended',
    );
    await agent.finish('wake_machine');
  });
});

describe('an older OpenClaw, which does not resume', () => {
  it('loses the rest of an interrupted turn, and the person is told what to do', async () => {
    const options = { name: 'older', openclaw_version: '2026.7.1' };
    const older = String((await agent.finish('deploy_openclaw', options)).data.machine_id);
    const message = 'An endless question to an old version';
    const { operation_id } = (await agent.call('chat', { message, machine_id: older, wait_seconds: 0 })).data;
    await reached(message);
    set([{ operation: 'execution_get', action: { type: 'autosleep_now' } }]);
    const { data, texts } = await agent.finish('get_operation', { operation_id });
    expect(data).toMatchObject({ status: 'failed', error: { code: 'unavailable' } });
    expect(texts[0]).toMatch(/slept or restarted during the turn.*read_session/s);
    expect(asked(message)).toBe(1);
  });
});
