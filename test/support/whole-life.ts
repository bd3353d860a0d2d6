/** The whole life of an assistant through the tools, declared as tests for one API generation at a time. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from './lab.ts';

/** Declares the tests; to be called inside a `describe`. */
export function wholeLife(generation: 1 | 2 | 3): void {
  let lab: Lab;
  let agent: LabClient;
  let machine: string;
  beforeAll(async () => {
    lab = await startLab({ settings: { generation } });
    agent = await lab.connect();
  });
  afterAll(() => lab.close());

  it('deploys with one call', async () => {
    const { data, texts } = await agent.finish('deploy_openclaw');
    expect(data).toMatchObject({
      status: 'ready',
      name: 'openclaw',
      openclaw_version: '2026.9.6',
      model: 'anthropic/claude-sonnet-4-6',
    });
    // The oldest generation refuses the field: done without it, and said.
    // What OpenClaw would spend by itself is off, and said.
    const quiet = expect.stringContaining('own automations');
    expect(data.notes).toEqual(generation === 1 ? [expect.stringContaining('autosleep'), quiet] : [quiet]);
    machine = String(data.machine_id);
    expect(texts[0]).toContain(machine);
    expect(data.next).toBe(`Call chat with machine_id "${machine}".`);
  }, 60_000);

  it('does not pay twice for the same name', async () => {
    const { data } = await agent.finish('deploy_openclaw');
    expect(data).toMatchObject({ status: 'ready', machine_id: machine });
    expect((await agent.call('list_machines')).data).toMatchObject({
      quota_used: 1,
      machines: [{ machine_id: machine, name: 'openclaw', phase: 'running', vcpu: 2, memory_mib: 4096 }],
    });
  }, 60_000);

  it('answers, and remembers in the same session', async () => {
    const word = `w${randomBytes(4).toString('hex')}`;
    const first = await agent.finish('chat', { message: `Remember the word ${word}.`, session: 's1' });
    expect(first.data).toMatchObject({ status: 'done', session: 's1', machine_id: machine });
    expect(first.data).toMatchObject({ finish_reason: 'stop', usage: { total_tokens: expect.any(Number) } });
    expect(first.data.reply).toContain(word);
    const second = await agent.finish('chat', { message: 'What did I tell you first?', session: 's1' });
    expect(second.data.reply).toContain(word);
    const other = await agent.finish('chat', { message: 'What did I tell you first?', session: 's2' });
    expect(other.data.reply).not.toContain(word);
  }, 30_000);

  it('shows sessions, transcripts and logs', async () => {
    const { data } = await agent.call('list_sessions', { machine_id: machine });
    expect(data.sessions).toEqual(
      expect.arrayContaining([expect.objectContaining({ key: 'agent:main:openai-user:s1', agent: 'main' })]),
    );
    const transcript = await agent.call('read_session', { session: 's1' });
    expect(transcript.data.messages).toHaveLength(4);
    const log = await agent.call('read_logs', { lines: 5 });
    expect(log.data.lines).not.toHaveLength(0);
  });

  it('sleeps, says so without waking, wakes, and still knows the conversation', async () => {
    expect((await agent.finish('sleep_machine')).data).toMatchObject({ status: 'done', phase: 'sleeping' });
    const asleep = await agent.call('gateway_status');
    expect(asleep.data).toMatchObject({ phase: 'sleeping', working: false });
    const unread = await agent.call('read_logs');
    expect(unread).toMatchObject({ isError: true });
    expect(unread.texts[0]).toContain('wake_machine');
    expect((await agent.call('list_machines')).data).toMatchObject({ machines: [{ phase: 'sleeping' }] });

    const woken = await agent.finish('wake_machine');
    expect(woken.data).toMatchObject({
      status: 'done',
      phase: 'running',
      repaired: [expect.stringContaining('gateway')],
    });
    expect((await agent.call('gateway_status')).data).toMatchObject({
      working: true,
      openclaw_version: '2026.9.6',
    });
    const reply = await agent.finish('chat', { message: 'What did I tell you first?', session: 's1' });
    expect(reply.data.reply).toContain('Remember the word');
  }, 60_000);

  it('wakes by itself for a chat', async () => {
    await agent.finish('sleep_machine');
    const { data } = await agent.finish('chat', { message: 'Good morning' });
    expect(data).toMatchObject({ status: 'done' });
    expect(data.reply).toContain('Good morning');
  }, 60_000);

  it('destroys only when told so twice, and leaves nothing', async () => {
    const shown = await agent.call('destroy_machine', { machine_id: machine });
    expect(shown.data).toMatchObject({ status: 'confirmation_needed', plan: { name: 'openclaw' } });
    expect((await agent.call('list_machines')).data).toMatchObject({ quota_used: 1 });
    const { data } = await agent.finish('destroy_machine', {
      machine_id: machine,
      confirmation: shown.data.confirmation,
    });
    expect(data).toMatchObject({ status: 'done', phase: 'destroyed' });
    expect((await agent.call('list_machines')).data).toMatchObject({ quota_used: 0, machines: [] });
    expect((await agent.call('chat', { message: 'Are you there?' })).texts[0]).toContain('deploy_openclaw');
  });

  it('never let the provider key out of its environment', async () => {
    const stats = JSON.stringify(await agent.call('get_operation'));
    expect(stats).not.toContain(PROVIDER_KEY);
  });
}
