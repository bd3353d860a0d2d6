/** Every cause of a failed turn is told apart, with the words that the three supported versions really answered. */
import { describe, expect, test } from 'vitest';
import { explainTurnError } from '../../../src/gateway/turn-errors.ts';
import type { ReportedError } from '../../../src/gateway/turn-stream.ts';

const anthropic = (type: string, message: string) =>
  JSON.stringify({ type: 'error', error: { type, message } });

const CASES: readonly [string, ReportedError, string, RegExp][] = [
  [
    'gateway token',
    { httpStatus: 401, type: 'unauthorized', message: 'Unauthorized' },
    'conflict',
    /own token/,
  ],
  [
    'proxy headers',
    { httpStatus: 403, type: 'proxy_attribution_required', message: 'x' },
    'conflict',
    /refused/,
  ],
  [
    'provider key',
    { type: 'authentication_error', message: '401: {"error":{"message":"invalid x-api-key"}}' },
    'provider',
    /refused its key/,
  ],
  [
    'provider key, sync',
    { httpStatus: 401, type: 'authentication_error', message: '401: {…}' },
    'provider',
    /refused its key/,
  ],
  [
    'provider key, 3.24',
    { message: `401 ${anthropic('authentication_error', 'invalid x-api-key')}` },
    'provider',
    /refused its key/,
  ],
  [
    'no provider key',
    { httpStatus: 401, type: 'authentication_error', code: 'missing-provider-auth', message: 'x' },
    'provider',
    /no key/,
  ],
  [
    'paused provider',
    {
      type: 'api_error',
      message:
        'Inline API key for provider "anthropic" is temporarily disabled after a provider auth/billing failure.',
    },
    'provider',
    /paused/,
  ],
  ['rate limit', { type: 'rate_limit_error', message: 'slow down' }, 'provider', /limits the rate/],
  [
    'rate limit, 3.24',
    { message: `429 ${anthropic('rate_limit_error', 'slow down')}` },
    'provider',
    /limits the rate/,
  ],
  [
    'credit, 9.6',
    { message: `400: ${anthropic('invalid_request_error', 'Your credit balance is too low')}` },
    'provider',
    /credit/,
  ],
  ['credit', { httpStatus: 402, type: 'insufficient_quota', message: 'x' }, 'provider', /credit/],
  ['overload', { type: 'api_error', message: 'upstream provider overloaded' }, 'provider', /overloaded/],
  ['provider 500', { type: 'api_error', message: 'upstream failed' }, 'provider', /provider failed/],
  ['timeout', { message: 'LLM request timed out.' }, 'provider', /in time/],
  [
    'no reason',
    { message: 'The agent run failed before producing a reply.' },
    'provider',
    /does not say why/,
  ],
  [
    'context',
    { message: `400 ${anthropic('invalid_request_error', 'prompt is too long: 300000 tokens')}` },
    'provider',
    /longer/,
  ],
  [
    'a broken image',
    { message: `400 ${anthropic('invalid_request_error', 'Could not process image')}` },
    'provider',
    /an image of this conversation/,
  ],
  [
    'an image of another provider',
    { message: '400 The image data you provided does not represent a valid image. Please check your input' },
    'provider',
    /an image of this conversation/,
  ],
  [
    'unknown model',
    { httpStatus: 404, type: 'invalid_request_error', message: 'Unknown model: nope/x' },
    'invalid_input',
    /model/,
  ],
  [
    'model not allowed',
    { httpStatus: 400, message: "Model openai/x is not allowed for agent 'main'" },
    'invalid_input',
    /model/,
  ],
  [
    'unknown agent',
    { httpStatus: 400, type: 'invalid_request_error', message: "Unknown agent 'nope'." },
    'invalid_input',
    /agent/,
  ],
  [
    'several agents',
    { httpStatus: 400, message: 'Multiple agents are configured' },
    'invalid_input',
    /agent/,
  ],
  [
    'draining',
    { httpStatus: 503, type: 'gateway_unavailable', message: 'x' },
    'unavailable',
    /shutting down/,
  ],
  ['aborted', { message: 'agent run aborted' }, 'cancelled', /ended/],
  [
    'inside the gateway',
    { httpStatus: 500, type: 'api_error', message: 'internal error' },
    'unavailable',
    /gateway failed/,
  ],
  ['too large', { httpStatus: 413, message: 'Payload too large' }, 'invalid_input', /too large/],
  ['endpoint off', { httpStatus: 404, message: '<!doctype html>' }, 'conflict', /switched off/],
  // The answers of 2026.9.6 to a provider that was made to fail in each way, and what its log said of the turn.
  [
    '404, no such path',
    { type: 'invalid_request_error', message: '404 404 page not found' },
    'provider',
    /address/,
  ],
  [
    '404, JSON',
    { type: 'invalid_request_error', message: '404 {"detail":"Not Found"}' },
    'provider',
    /address/,
  ],
  [
    '404, wrong interface',
    { type: 'invalid_request_error', message: '404 Invalid URL (POST /v1/responses)' },
    'provider',
    /address/,
  ],
  [
    '404, model',
    { type: 'invalid_request_error', message: '404 model "qwen3:8b" not found, try pulling it first' },
    'provider',
    /answered 404/,
  ],
  [
    '404, model, anthropic',
    { type: 'invalid_request_error', message: `404: ${anthropic('not_found_error', 'model: claude-nope')}` },
    'provider',
    /answered 404/,
  ],
  ['anything else', { message: 'The moon is full' }, 'unavailable', /failed/],
];

describe('a failed turn', () => {
  test.each(CASES)('%s', (_name, reported, code, sentence) => {
    const error = explainTurnError(reported);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)]);
    expect(error.next).toMatch(/\.$/);
    expect(error.foreign).toBe(reported.message);
    expect(error.message).not.toContain(reported.message);
  });

  test.each([
    ['refusal', 'Anthropic refusal (category: cyber): no', /refused to answer/],
    ['filter, completions', 'Provider finish_reason: content_filter', /refused to answer/],
    ['filter, responses', 'Provider incomplete_reason: content_filter', /refused to answer/],
    ['413', `413: ${anthropic('request_too_large', 'Request exceeds the maximum size')}`, /413/],
    ['413 of a proxy', '413 <html>\r\n<head><title>413 Request Entity Too Large</title></head>', /413/],
    ['closed port', 'LLM request failed: network connection error.', /cannot be reached/],
    ['unknown host', 'LLM request failed: DNS lookup for the provider endpoint failed.', /cannot be reached/],
    ['context', '400 the request exceeds the available context size, try increasing it', /longer/],
    ['no tools', '400 registry.ollama.ai/library/gemma:2b does not support tools', /tools/],
    ['region', '403 Your region is not supported', /forbids/],
    ['balance', '402 Insufficient Balance', /credit/],
    ['key', '401 Incorrect API key provided', /refused its key/],
    ['provider names an agent', '400 unknown agent: draining', /provider rejected/],
    [
      'web page',
      '200: openai/m: OpenAI-compatible streamed responses must be text/event-stream or JSON; got text/html.',
      /address/,
    ],
    ['no status', 'something odd', /provider failed/],
    ['broken provider', 'server_error: The server had an error', /provider failed/],
  ])('is laid at the door of the provider by what the log says: %s', (_name, said, sentence) => {
    for (const message of ['internal error', 'upstream provider timeout']) {
      const error = explainTurnError({ type: 'api_error', message }, { provider: 'openai', said });
      expect([error.code, error.message]).toEqual(['provider', expect.stringMatching(sentence)]);
      expect(error.foreign).toBe(said);
      expect(error.next).toBeDefined();
    }
  });

  test.each([
    ['thought', /only thought/],
    ['empty', /without a word/],
    ['cut', /limit of output/],
  ] as const)('of a model without a word says how it ended: %s', (ending, sentence) => {
    const error = explainTurnError({ type: 'api_error', message: 'internal error' }, { ending });
    expect([error.code, error.message]).toEqual(['provider', expect.stringMatching(sentence)]);
  });

  test('says that a message is safe to send again only where the gateway turned it away', () => {
    expect(explainTurnError({ httpStatus: 503, message: 'gateway-draining' }).details.sent).toBe(false);
    expect(explainTurnError({ httpStatus: 500, message: 'internal error' }).details.sent).toBeUndefined();
  });
});
