/** Model providers: which variable holds the key, and how OpenClaw is told about each of them. */
import { AppError } from '../../core/errors.ts';
import { NO_KEY, type OwnServer, ownServer } from './own-server.ts';

export interface Provider {
  /** OpenClaw's id, the part of a model name before the slash. */
  id: string;
  /** The variable that holds the key, as the provider's own documentation names it; first one that is set wins. */
  keyVariables: readonly string[];
  /** The variable that redirects it. It replaces `baseUrl` whole, with or without a version in its path as there. */
  baseUrlVariable: string;
  api: 'anthropic-messages' | 'openai-responses' | 'openai-completions' | 'google-generative-ai';
  baseUrl: string;
  /** How its keys begin today, where they all do; another address takes keys of its own making. */
  keyStart?: string;
  /** A model that every supported OpenClaw release knows. */
  defaultModel: string;
  /**
   * Limits to describe a model with, where OpenClaw's releases do not all bring the provider's catalogue: 2026.9.6 has
   * moved those to plugins of their own, but speaks to any model that the settings describe whole.
   */
  describe?: { contextWindow: number; maxTokens: number; input?: readonly string[] | undefined };
}

/**
 * In the order in which one is chosen when the user names no model. Source: the plugin manifests and `docs/providers`
 * in the OpenClaw packages 2026.3.24 and 2026.9.6.
 */
export const PROVIDERS: readonly Provider[] = [
  {
    id: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    keyStart: 'sk-ant-',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    api: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
    defaultModel: 'claude-sonnet-4-6',
  },
  {
    id: 'openai',
    keyVariables: ['OPENAI_API_KEY'],
    keyStart: 'sk-',
    baseUrlVariable: 'OPENAI_BASE_URL',
    api: 'openai-responses',
    baseUrl: 'https://api.openai.com/v1',
    defaultModel: 'gpt-5.4',
  },
  {
    id: 'google',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    keyStart: 'AIza',
    baseUrlVariable: 'GEMINI_BASE_URL',
    api: 'google-generative-ai',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    defaultModel: 'gemini-3.1-pro-preview',
  },
  {
    id: 'openrouter',
    keyVariables: ['OPENROUTER_API_KEY'],
    keyStart: 'sk-or-',
    baseUrlVariable: 'OPENROUTER_BASE_URL',
    api: 'openai-completions',
    baseUrl: 'https://openrouter.ai/api/v1',
    defaultModel: 'auto',
  },
  {
    id: 'xai',
    keyVariables: ['XAI_API_KEY'],
    keyStart: 'xai-',
    baseUrlVariable: 'XAI_BASE_URL',
    api: 'openai-completions',
    baseUrl: 'https://api.x.ai/v1',
    defaultModel: 'grok-4',
    describe: { contextWindow: 256_000, maxTokens: 32_000 },
  },
  {
    id: 'mistral',
    keyVariables: ['MISTRAL_API_KEY'],
    baseUrlVariable: 'MISTRAL_BASE_URL',
    api: 'openai-completions',
    baseUrl: 'https://api.mistral.ai/v1',
    defaultModel: 'mistral-large-latest',
    describe: { contextWindow: 262_144, maxTokens: 16_384 },
  },
  {
    id: 'groq',
    keyVariables: ['GROQ_API_KEY'],
    keyStart: 'gsk_',
    baseUrlVariable: 'GROQ_BASE_URL',
    api: 'openai-completions',
    baseUrl: 'https://api.groq.com/openai/v1',
    defaultModel: 'openai/gpt-oss-120b',
    describe: { contextWindow: 131_072, maxTokens: 32_768 },
  },
  {
    id: 'deepseek',
    keyVariables: ['DEEPSEEK_API_KEY'],
    keyStart: 'sk-',
    baseUrlVariable: 'DEEPSEEK_BASE_URL',
    api: 'openai-completions',
    baseUrl: 'https://api.deepseek.com',
    defaultModel: 'deepseek-v4-pro',
    describe: { contextWindow: 131_072, maxTokens: 8_192 },
  },
];

const KEY_VARIABLES = PROVIDERS.flatMap(({ keyVariables }) => keyVariables.slice(0, 1));

/** The variable that most people set. */
export const [USUAL_KEY = ''] = KEY_VARIABLES;

/** Variables to choose from, in a sentence: "A (or B, C, …)". @param most so many of them are named. */
export function keyChoice(most = 4): string {
  return `${USUAL_KEY} (or ${KEY_VARIABLES.slice(1, most).join(', ')}, …)`;
}

/** A provider that the user has set up in the server's own environment. */
export interface ProviderKey {
  /** One of PROVIDERS. */
  provider: Provider;
  key: string;
  /** Replaces the provider's own address. */
  baseUrl?: string | undefined;
  /** Set where that address is a server of one's own, which has models, limits and mostly an interface of its own. */
  own?: OwnServer | undefined;
}

/**
 * The providers that `env` sets up, in the order of PROVIDERS: by a key, or by the address of a server of one's own that
 * may need none. Blank values count as unset.
 */
export function providerKeys(env: Readonly<Record<string, string | undefined>>): ProviderKey[] {
  return PROVIDERS.flatMap((provider) => {
    const given = provider.keyVariables.map((name) => env[name]?.trim()).find((value) => value);
    const baseUrl = env[provider.baseUrlVariable]?.trim() || undefined;
    const own = provider.id === 'openai' ? ownServer(env, baseUrl) : undefined;
    const key = given ?? (own && NO_KEY);
    return key ? [{ provider, key, baseUrl, ...(own && { own }) }] : [];
  });
}

/** The provider's id in a model's name; empty where it names none. */
export const providerIdOf = (model: string) => model.slice(0, Math.max(0, model.indexOf('/')));

/** @throws AppError `invalid_input` for a model of no provider in `keys`. */
export function requireModelOf(keys: readonly ProviderKey[], model: string): void {
  if (keys.some(({ provider }) => provider.id === providerIdOf(model))) return;
  const usable = keys.map(({ provider }) => `${provider.id}/…`).join(', ');
  const variable = PROVIDERS.find(({ id }) => id === providerIdOf(model))?.keyVariables[0];
  const set =
    variable === undefined ? '' : ` Or set ${variable} in this server's environment and restart it.`;
  throw new AppError(
    'invalid_input',
    'This model belongs to no provider whose key is set, so nothing was created or changed',
    { next: `Pass a model as provider/model with one of: ${usable}, or leave it out.${set}` },
  );
}

/**
 * The redirected addresses by variable. A machine on this computer learns from them which of the computer's own loopback
 * ports it is meant to reach.
 */
export function providerAddresses(keys: readonly ProviderKey[]): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap(({ provider, baseUrl }) =>
      baseUrl === undefined ? [] : [[provider.baseUrlVariable, baseUrl]],
    ),
  );
}

/** Where a provider key may go without anybody wondering: the providers' own addresses, and those of this server. */
export function ownAddresses(keys: readonly ProviderKey[]): string[] {
  return [...PROVIDERS, ...keys].flatMap(({ baseUrl }) => baseUrl ?? []);
}
