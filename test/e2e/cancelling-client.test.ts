/** A client that cancels every call after a moment still deploys and gets its reply, each once. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { answer, type Lab, type LabClient, startLab, type ToolAnswer } from '../support/lab.ts';

// A deploy of the stand-in takes seconds, its model's answer longer than this: no call outlives the patience.
const PATIENCE_MS = 400;
const MODEL_MS = 1500;

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab({ model: { fault: () => ({ kind: 'slow', ms: MODEL_MS }) } });
  agent = await lab.connect();
});
afterAll(() => lab.close());

/** The answer, or undefined when the client lost its patience: the SDK then sends `notifications/cancelled`. */
async function impatient(name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer | undefined> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return answer(await agent.client.callTool({ name, arguments: args }, undefined, { signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

/** Begins it, finds its id in the list, and asks by id until the end falls into one of the short calls. */
async function finish(kind: string, name: string, args: Record<string, unknown>): Promise<ToolAnswer> {
  expect(await impatient(name, args)).toBeUndefined();
  const id = await vi.waitUntil(async () => {
    const listed = await impatient('get_operation');
    const operations: { kind: string; operation_id: string }[] = JSON.parse(
      JSON.stringify(listed?.data.operations ?? []),
    );
    return operations.find((one) => one.kind === kind)?.operation_id;
  });
  for (;;) {
    const seen = await impatient('get_operation', { operation_id: id });
    if (seen) return seen;
  }
}

it('cancels every call of a deploy and of a turn, and loses nothing', async () => {
  const deployed = await finish('deploy', 'deploy_openclaw', { name: 'impatient' });
  expect(deployed.data).toMatchObject({ status: 'ready' });
  const { machine_id } = deployed.data;

  const reply = await finish('turn', 'chat', { machine_id, message: 'Say pomegranate.' });
  expect(reply.data).toMatchObject({ status: 'done', machine_id });
  expect(reply.data.reply).toContain('pomegranate');
  expect(lab.model.requests).toHaveLength(1);
  expect((await agent.call('list_machines')).data.machines).toHaveLength(1);
}, 300_000);
