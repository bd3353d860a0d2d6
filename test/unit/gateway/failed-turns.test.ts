/** A turn that the gateway only calls "internal error": what its transcript and its log know of it reaches the caller. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import { event, type FakeGateway, fakeGateway, json, stream } from './fake-gateway.ts';

const RUN = 'chatcmpl_b46bc4e6-08b0-45e0-8783-2d2ebd2a164e';
const OTHER = 'chatcmpl_00000000-08b0-45e0-8783-2d2ebd2a164e';
const TURN = { turnId: 'turn-1', message: 'Hello', session: 's' };
let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on('/v1/chat/completions', (response) => {
    const role = { id: RUN, choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }] };
    const error = { error: { message: 'internal error', type: 'api_error' } };
    stream(response, event(role), event(error), event('[DONE]'));
    response.end();
  });
});

afterEach(() => gateway.close());

/** As 2026.9.6 writes its log. */
const line = (told: unknown) => `${JSON.stringify({ '0': '{"subsystem":"agent/embedded"}', '1': told })}\n`;
const ended = (runId: string, said: object) =>
  line({ event: 'embedded_run_agent_end', runId, isError: true, provider: 'openai', model: 'm', ...said });

async function logged(...lines: string[]): Promise<void> {
  const folder = join(gateway.machine.home, '.openclaw/logs');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'openclaw.log'), lines.join(''));
}

const turn = () => gatewayService({ machines: gateway.machine }).startTurn('m', TURN, { waitSeconds: 10 });

test("the provider's own words come from the log, and only of this turn", async () => {
  await logged(
    ended(OTHER, { rawErrorPreview: '401 not this one' }),
    ended(RUN, { error: 'sentence', rawErrorPreview: 'Anthropic refusal (category: cyber): no' }),
  );
  const { error } = await turn();
  expect(error).toMatchObject({
    code: 'provider',
    message: expect.stringContaining('refused'),
    foreign: 'Anthropic refusal (category: cyber): no',
  });
});

test('a closed port names its provider, so that the address can be told', async () => {
  const said = {
    error: 'LLM request failed: network connection error.',
    rawErrorPreview: 'Connection error.',
  };
  await logged(ended(RUN, said), ended(RUN, said));
  expect((await turn()).error).toMatchObject({
    message: expect.stringContaining('cannot be reached'),
    details: { asked_provider: 'openai' },
  });
});

test.each([
  ['reasoning-only retries exhausted: runId=RUN provider=openai/m attempts=2/2 — x', 'only thought'],
  ['empty response retries exhausted: runId=RUN provider=openai/m attempts=1/1 — x', 'without a word'],
  ['incomplete turn detected: runId=RUN provider=openai/m stopReason=length payloads=0', 'limit of output'],
])('a model without a word: %s', async (sentence, expected) => {
  await logged(
    line(sentence.replace('RUN', RUN)),
    line(`incomplete turn detected: runId=${RUN} provider=openai/m stopReason=stop payloads=0`),
  );
  const { error } = await turn();
  expect([error?.code, error?.message]).toEqual(['provider', expect.stringContaining(expected)]);
});

test('without a log the transcript tells, and without both it stays what the gateway said', async () => {
  expect((await turn()).error).toMatchObject({ code: 'unavailable', foreign: 'internal error' });
  gateway.on('/sessions/', (response) =>
    json(response, 200, {
      sessionKey: 'k',
      items: [
        {
          role: 'assistant',
          stopReason: 'error',
          timestamp: Date.now() + 60_000,
          content: [
            { type: 'text', text: 'The provider refused this request. Revise the request and try again.' },
          ],
        },
      ],
    }),
  );
  const again = gatewayService({ machines: gateway.machine });
  const { error } = await again.startTurn('m', { ...TURN, turnId: 'turn-2' }, { waitSeconds: 10 });
  expect(error).toMatchObject({ code: 'provider', message: expect.stringContaining('refused') });
});
