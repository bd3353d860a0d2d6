/** The smallest request that tells whether a provider's key and model work: one or a few tokens, which cost less than a hundredth of a cent. */
import type { ChannelId, ChannelKey } from './catalog/channels.ts';

/** A request as the machine sends it; `{{name}}` stands for a secret of its secrets file. */
export interface OutsideCheck {
  kind: 'provider' | ChannelId;
  /** What is checked, in words that may be shown. */
  subject: string;
  url: string;
  headers: readonly string[];
  body?: object;
}

export interface ModelAddress {
  /** `provider/model`. */
  model: string;
  api: string;
  baseUrl: string;
  /** The key's name in the machine's secrets file. */
  secret: string;
}

const GREETING = [{ role: 'user', content: 'hi' }];
// Some APIs refuse fewer than 16 tokens of output.
const FEW_TOKENS = 16;

type Request = (at: ModelAddress, id: string) => { path: string; headers: string[]; body: object };

const REQUESTS: Readonly<Record<string, Request>> = {
  'anthropic-messages': ({ secret }, id) => ({
    path: '/v1/messages',
    headers: [`x-api-key: {{${secret}}}`, 'anthropic-version: 2023-06-01'],
    body: { model: id, max_tokens: 1, messages: GREETING },
  }),
  'openai-responses': ({ secret }, id) => ({
    path: '/responses',
    headers: [`Authorization: Bearer {{${secret}}}`],
    body: { model: id, input: 'hi', max_output_tokens: FEW_TOKENS, store: false },
  }),
  'openai-completions': ({ secret }, id) => ({
    path: '/chat/completions',
    headers: [`Authorization: Bearer {{${secret}}}`],
    body: { model: id, max_tokens: FEW_TOKENS, messages: GREETING },
  }),
  'google-generative-ai': ({ secret }, id) => ({
    path: `/models/${encodeURIComponent(id)}:generateContent`,
    headers: [`x-goog-api-key: {{${secret}}}`],
    body: { contents: [{ parts: [{ text: 'hi' }] }], generationConfig: { maxOutputTokens: FEW_TOKENS } },
  }),
};

/** Undefined where nobody knows how to ask: another API than OpenClaw's own providers speak. */
export function modelCheck(at: ModelAddress): OutsideCheck | undefined {
  const request = REQUESTS[at.api]?.(at, at.model.slice(at.model.indexOf('/') + 1));
  if (!request) return undefined;
  const { path, ...rest } = request;
  return { kind: 'provider', subject: at.model, url: `${at.baseUrl.replace(/\/$/, '')}${path}`, ...rest };
}

export function channelChecks({ channel, baseUrl }: ChannelKey): OutsideCheck[] {
  return channel
    .questions(baseUrl ?? channel.address?.url ?? '')
    .map((question) => ({ kind: channel.id, subject: channel.id, ...question }));
}
