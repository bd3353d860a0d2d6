/** A model server of one's own (Ollama, LM Studio, vLLM, LiteLLM, a gateway): how it is set up, and what it said of itself. */

import { isQuoted } from '../../config/faults.ts';

export type WireApi = 'openai-responses' | 'openai-completions';

export interface ListedModel {
  /** In the form that OpenClaw's settings take; what is not is left out. */
  id: string;
  /** Tokens, where the server tells. */
  contextWindow?: number | undefined;
}

export interface OwnServer {
  api: WireApi;
  /** The model that answers where nobody names one. */
  model: string | undefined;
  /** Tokens that its models can read, where its owner says so. */
  contextWindow: number | undefined;
  /** Whether its models see images, as its owner says: such servers do not tell, and OpenClaw drops them unless told. */
  seesImages: boolean;
  /** What it listed when it was asked; empty before that, and where it lists nothing. */
  models: readonly ListedModel[];
}

/** Each of them only for an OPENAI_BASE_URL; what a person reads about it stands beside it. */
export const OWN_SERVER_VARIABLES = {
  OPENAI_WIRE_API:
    '`chat` or `responses`: what the server at OPENAI_BASE_URL speaks. Default: chat completions, and responses at OpenAI itself',
  OPENAI_MODEL: 'the model of that server that answers where none is named. Default: the first that it lists',
  OPENAI_CONTEXT_WINDOW:
    'how many tokens its models can read, at least 20000. Default: what it says itself, else 131072',
  OPENAI_IMAGES: '`yes` where its models see images, which go with a chat as attachments. Default: no',
} as const;

/** Below it OpenClaw's own words leave no room for a conversation. */
const LEAST_CONTEXT = 20_000;

/** Why a value cannot be meant, to be read behind the variable's name. */
export const OWN_SERVER_FAULTS = {
  OPENAI_WIRE_API: (value: string) =>
    wireApi(value) === undefined ? 'must be chat or responses' : undefined,
  OPENAI_CONTEXT_WINDOW: (value: string) =>
    /^\d{1,9}$/.test(value) && Number(value) >= LEAST_CONTEXT
      ? undefined
      : `must be a whole number of tokens, at least ${LEAST_CONTEXT}`,
  OPENAI_IMAGES: (value: string) => (/^(?:yes|no)$/i.test(value) ? undefined : 'must be yes or no'),
  OPENAI_MODEL: (value: string) =>
    /^[\x21-\x7e]{1,200}$/.test(value) && !isQuoted(value)
      ? undefined
      : 'must be the name of one model, without blanks or quotes',
} as const satisfies Record<keyof typeof OWN_SERVER_VARIABLES, unknown>;

/** Sent where the server needs no key: OpenClaw asks nobody without one. */
export const NO_KEY = 'no-key-needed';

/** What OpenClaw's own examples assume of such servers. */
const USUAL_CONTEXT = 131_072;
const MOST_OUTPUT = 8_192;

/**
 * The set-up of a server of one's own; undefined for the provider itself.
 * @param baseUrl of the redirected provider.
 */
export function ownServer(
  env: Readonly<Record<string, string | undefined>>,
  baseUrl: string | undefined,
): OwnServer | undefined {
  if (baseUrl === undefined || isOpenAi(baseUrl)) return undefined;
  return {
    api: wireApi(env.OPENAI_WIRE_API) ?? 'openai-completions',
    model: env.OPENAI_MODEL?.trim().replace(/^openai\//, '') || undefined,
    contextWindow: Number.parseInt(env.OPENAI_CONTEXT_WINDOW?.trim() ?? '', 10) || undefined,
    seesImages: /^yes$/i.test(env.OPENAI_IMAGES?.trim() ?? ''),
    models: [],
  };
}

/** `chat`, `chat-completions`, `openai-completions` … and `responses`; undefined where it says neither. */
function wireApi(value: string | undefined): WireApi | undefined {
  if (/responses/i.test(value ?? '')) return 'openai-responses';
  return /chat|completions/i.test(value ?? '') ? 'openai-completions' : undefined;
}

function isOpenAi(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { hostname } = new URL(baseUrl);
  return hostname === 'openai.com' || hostname.endsWith('.openai.com');
}

// As people's lists mix them; none of these answers a chat.
const NO_CHAT = /embed|rerank|whisper|tts|moderation|dall-?e|image|clip\b/i;

/** The model that answers where nobody names one. */
export function usualModel({ model, models }: OwnServer): string | undefined {
  return model ?? (models.find(({ id }) => !NO_CHAT.test(id)) ?? models[0])?.id;
}

/** What and how much each model can read, and how much it can write, for its description in OpenClaw's settings. */
export function limitsOf({ contextWindow, seesImages, models }: OwnServer, id: string) {
  const context = contextWindow ?? models.find((model) => model.id === id)?.contextWindow ?? USUAL_CONTEXT;
  return {
    contextWindow: context,
    maxTokens: Math.min(MOST_OUTPUT, Math.floor(context / 4)),
    ...(seesImages && { input: ['text', 'image'] }),
  };
}
