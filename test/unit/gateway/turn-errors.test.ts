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

  test('says that a message is safe to send again only where the gateway turned it away', () => {
    expect(explainTurnError({ httpStatus: 503, message: 'gateway-draining' }).details.sent).toBe(false);
    expect(explainTurnError({ httpStatus: 500, message: 'internal error' }).details.sent).toBeUndefined();
  });
});
