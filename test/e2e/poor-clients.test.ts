/** Clients show a model only the text, or only the structured data, and many send no progress token: each is enough. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab, type ToolAnswer } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
});
afterAll(() => lab.close());

/** A model that reads what its client shows, and does what it says there. */
interface Reader {
  running(answer: ToolAnswer): boolean;
  operationId(answer: ToolAnswer): string;
  machineId(answer: ToolAnswer): string;
  confirmation(answer: ToolAnswer): string;
  reply(answer: ToolAnswer): string;
}

const all = (answer: ToolAnswer) => answer.texts.join('\n');
const found = (pattern: RegExp, answer: ToolAnswer) =>
  pattern.exec(all(answer))?.[1] ?? `nothing in: ${all(answer)}`;

const READERS: Readonly<Record<string, Reader>> = {
  'only the text': {
    running: (answer) => /is still running/.test(all(answer)),
    operationId: (answer) => found(/operation_id (\w+_[\w-]+)/, answer),
    machineId: (answer) => found(/machine ([0-9a-f-]{36})/, answer),
    confirmation: (answer) => found(/confirmation[^A-Za-z0-9]+([A-Za-z0-9._-]{12,})/, answer),
    reply: all,
  },
  'only the structured data': {
    running: ({ data }) => data.status === 'running',
    operationId: ({ data }) => String(data.operation_id),
    machineId: ({ data }) => String(data.machine_id),
    confirmation: ({ data }) => String(data.confirmation),
    reply: ({ data }) => String(data.reply),
  },
};

describe.each(Object.entries(READERS))('a client that shows %s', (_what, reader) => {
  async function finish(name: string, args: Record<string, unknown>): Promise<ToolAnswer> {
    let answer = await agent.call(name, { ...args, wait_seconds: 0 });
    while (reader.running(answer)) {
      const operation_id = reader.operationId(answer);
      answer = await agent.call('get_operation', { operation_id, wait_seconds: 5 });
    }
    expect(answer.isError).toBe(false);
    return answer;
  }

  it('deploys, chats and destroys', async () => {
    const machine_id = reader.machineId(await finish('deploy_openclaw', {}));
    const reply = reader.reply(await finish('chat', { machine_id, message: 'Say pomegranate.' }));
    expect(reply).toContain('pomegranate');
    const plan = await agent.call('destroy_machine', { machine_id });
    await finish('destroy_machine', { machine_id, confirmation: reader.confirmation(plan) });
    expect((await agent.call('list_machines')).data.machines).toEqual([]);
  }, 300_000);
});
