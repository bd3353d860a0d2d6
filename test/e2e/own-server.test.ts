/** The real OpenClaw on a model server of one's own, which speaks only chat completions and needs no key. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RealLab, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
beforeAll(async () => {
  lab = await startRealLab({ speaks: ['openai-completions'], models: [{ id: 'qwen3:8b' }] });
});
afterAll(() => lab.close());

it('deploys and answers with a model that only that server knows', async () => {
  const agent = await lab.server({
    ANTHROPIC_API_KEY: '',
    ANTHROPIC_BASE_URL: '',
    OPENAI_BASE_URL: `${lab.model.url}/v1`,
  });
  const ready = await lab.deploy(agent, { model: 'openai/qwen3:8b' });
  expect(ready).toMatchObject({ status: 'ready', model: 'openai/qwen3:8b' });
  const { machine_id } = ready;
  const answer = await agent.finish('chat', { machine_id, message: 'Say pomegranate.' });
  expect(answer).toMatchObject({ status: 'done', reply: expect.stringContaining('pomegranate') });
  expect(lab.model.requests.every(({ model }) => model === 'qwen3:8b')).toBe(true);
  expect(await agent.finish('gateway_status', { machine_id })).toMatchObject({ working: true });
});
