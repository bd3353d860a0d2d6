/** The text of openclaw.json: what we set, and what each OpenClaw release accepts of it. No secret is ever in it. */
import semver from 'semver';
import { AppError } from '../core/errors.ts';
import { gatewayLog, secretsFile, workspaceDir } from './layout.ts';
import type { ProviderKey } from './providers.ts';

/** First releases whose schema knows a key; older ones refuse to start with it. Source: the packages from 2026.6.35 to 2026.9.1. */
const UTILITY_MODEL_SINCE = '2026.7.1';
const MODEL_POLICY_MARKER_SINCE = '2026.8.1';
const MODEL_POLICY_MARKER = { meta: { migrations: { modelPolicyAllowlist: true } } };

/** Below this, published advisories let a web page or an HTTP caller take the gateway over (GHSA-jhfx-v2j8-x3m6). */
export const MINIMUM_SAFE_VERSION = '2026.6.8';

export interface SettingsInput {
  openclawVersion: string;
  /** The machine's persistent home. */
  home: string;
  port: number;
  /** At least one. */
  providers: readonly ProviderKey[];
  /** `provider/model`; the first provider's default when undefined. */
  model: string | undefined;
}

export interface Settings {
  /** The whole file. */
  text: string;
  /** `provider/model` that answers by default. */
  model: string;
}

const SECRETS = 'secrets_file';
/** How settings refer to a secret of the machine's secrets file. */
export const secretRef = (id: string) => ({ source: 'file', provider: SECRETS, id: `/${id}` });

/** @throws AppError `config` without a provider, `invalid_input` when the model's provider has no key. */
export function openclawSettings(input: SettingsInput): Settings {
  const model = chosenModel(input);
  const knows = (since: string) => semver.gte(semver.coerce(input.openclawVersion) ?? '0.0.0', since);
  const settings = {
    // Without it newer releases take a hand-written file for an old one, and refuse every other model of a provider.
    ...(knows(MODEL_POLICY_MARKER_SINCE) ? MODEL_POLICY_MARKER : {}),
    gateway: {
      mode: 'local',
      bind: 'loopback',
      port: input.port,
      // Without it the gateway answers 403 to anything that came through a forwarder which says so.
      trustedProxies: ['127.0.0.1'],
      auth: { mode: 'token', token: secretRef('gateway') },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    secrets: { providers: { [SECRETS]: { source: 'file', mode: 'json', path: secretsFile(input.home) } } },
    models: { providers: Object.fromEntries(input.providers.map((key) => providerEntry(key, model))) },
    agents: {
      defaults: {
        model: { primary: model },
        workspace: workspaceDir(input.home),
        // Each of these spends the user's money in the background, for turns that nobody asked for.
        heartbeat: { every: '0m' },
        ...(knows(UTILITY_MODEL_SINCE) ? { utilityModel: '' } : {}),
      },
    },
    // The default is one file in /tmp for every gateway of the machine, gone after a sleep.
    logging: { file: gatewayLog(input.home) },
  };
  return { text: `${JSON.stringify(settings, null, 2)}\n`, model };
}

/** What a config of ours, or of a person, must have once this release reads it; filled in where it is missing. */
export function settingsDemanded(openclawVersion: string): object {
  const knows = (since: string) => semver.gte(semver.coerce(openclawVersion) ?? '0.0.0', since);
  return {
    ...(knows(MODEL_POLICY_MARKER_SINCE) ? MODEL_POLICY_MARKER : {}),
    ...(knows(UTILITY_MODEL_SINCE) ? { agents: { defaults: { utilityModel: '' } } } : {}),
  };
}

/** The keys as the machine stores them: one JSON object, by provider id. */
export function providerSecrets(providers: readonly ProviderKey[]): string {
  return JSON.stringify(Object.fromEntries(providers.map(({ provider, key }) => [provider.id, key])));
}

function chosenModel({ model, providers }: SettingsInput): string {
  const [first] = providers;
  if (!first) {
    throw new AppError('config', 'No model provider key is set', {
      next: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OPENROUTER_API_KEY and restart the server.',
    });
  }
  if (model === undefined) return `${first.provider.id}/${first.provider.defaultModel}`;
  const providerId = model.split('/', 1)[0];
  if (model.includes('/') && providers.some(({ provider }) => provider.id === providerId)) return model;
  const usable = providers.map(({ provider }) => `${provider.id}/…`).join(', ');
  throw new AppError('invalid_input', 'This model belongs to no provider whose key is set', {
    next: `Pass a model as provider/model with one of: ${usable}, or leave it out.`,
  });
}

export interface ProviderSettings {
  baseUrl: string;
  api: string;
  apiKey: object;
  /** Descriptions; empty where OpenClaw's own catalogue is enough. */
  models: object[];
}

/** A provider as settings name it. @param model the one to describe, where it is of this provider. */
export function providerEntry(
  { provider, baseUrl }: Pick<ProviderKey, 'provider' | 'baseUrl'>,
  model: string,
): [string, ProviderSettings] {
  const own = model.startsWith(`${provider.id}/`)
    ? model.slice(provider.id.length + 1)
    : provider.defaultModel;
  const described = {
    id: own,
    name: own,
    reasoning: false,
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    ...provider.describe,
  };
  return [
    provider.id,
    {
      baseUrl: baseUrl ?? provider.baseUrl,
      api: provider.api,
      apiKey: secretRef(provider.id),
      // An empty list means OpenClaw's own catalogue.
      models: provider.describe ? [described] : [],
    },
  ];
}
