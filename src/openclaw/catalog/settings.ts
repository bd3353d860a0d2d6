/** The text of openclaw.json: what we set, and what each OpenClaw release accepts of it. No secret is ever in it. */
import semver from 'semver';
import { AppError } from '../../core/errors.ts';
import { gatewayLog, secretsFile, workspaceDir } from './layout.ts';
import { limitsOf, type OwnServer, usualModel } from './own-server.ts';
import { keyChoice, type ProviderKey, providerIdOf, requireModelOf } from './providers.ts';

/** First releases whose schema knows a key; older ones refuse to start with it. Source: the packages from 2026.6.35 to 2026.9.1. */
const UTILITY_MODEL_SINCE = '2026.7.1';
const MODEL_POLICY_MARKER_SINCE = '2026.8.1';
const MODEL_POLICY_MARKER = { meta: { migrations: { modelPolicyAllowlist: true } } };

/** Since then OpenClaw brings automations that take an agent turn daily and weekly, switched on. Source: the packages of 2026.7.35 and 2026.8.1. */
const OWN_AUTOMATIONS_SINCE = '2026.8.1';
/** Switches them off: what nobody asked for spends nothing. */
const OWN_AUTOMATIONS_OFF = {
  plugins: { entries: { 'memory-core': { config: { dreaming: { enabled: false } } } } },
  skills: { workshop: { autonomous: { mode: 'off' } } },
};

/** Told after a deploy of such a release; undefined for others. */
export function ownAutomationsNote(openclawVersion: string): string | undefined {
  return hasOwnAutomations(openclawVersion)
    ? 'OpenClaw\'s own automations that cost model turns (memory dreaming every night, skill review every week) are off unless they were asked for; configure_openclaw switches them on with set plugins.entries.memory-core.config.dreaming.enabled true or skills.workshop.autonomous.mode "auto".'
    : undefined;
}

const hasOwnAutomations = (openclawVersion: string) => knowsSince(openclawVersion, OWN_AUTOMATIONS_SINCE);
const knowsSince = (openclawVersion: string, since: string) =>
  semver.gte(semver.coerce(openclawVersion) ?? '0.0.0', since);

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

/** The plugin by which a machine keeps its daily limit. */
export const LIMIT_PLUGIN = 'openclaw-dedalus-limit';

/** Of the gateway itself: only its own machine reaches it, and only with its token. */
export const GATEWAY_SETTINGS = {
  mode: 'local',
  bind: 'loopback',
  auth: { mode: 'token', token: secretRef('gateway') },
};

/** How the gateway is asked. */
export const FRONT_SETTINGS = {
  // Without it the gateway answers 403 to anything that came through a forwarder which says so.
  trustedProxies: ['127.0.0.1'],
  http: { endpoints: { chatCompletions: { enabled: true } } },
};

/** @throws AppError `config` without a provider, `invalid_input` when the model's provider has no key. */
export function openclawSettings(input: SettingsInput): Settings {
  const model = chosenModel(input);
  const knows = (since: string) => knowsSince(input.openclawVersion, since);
  const settings = {
    // Without it newer releases take a hand-written file for an old one, and refuse every other model of a provider.
    ...(knows(MODEL_POLICY_MARKER_SINCE) ? MODEL_POLICY_MARKER : {}),
    gateway: {
      ...GATEWAY_SETTINGS,
      port: input.port,
      ...FRONT_SETTINGS,
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
    ...(hasOwnAutomations(input.openclawVersion) ? OWN_AUTOMATIONS_OFF : {}),
    // The default is one file in /tmp for every gateway of the machine, gone after a sleep.
    logging: { file: gatewayLog(input.home) },
  };
  return { text: `${JSON.stringify(settings, null, 2)}\n`, model };
}

/** What a config of ours, or of a person, must have once this release reads it; filled in where it is missing. */
export function settingsDemanded(openclawVersion: string): object {
  const knows = (since: string) => knowsSince(openclawVersion, since);
  return {
    ...(knows(MODEL_POLICY_MARKER_SINCE) ? MODEL_POLICY_MARKER : {}),
    ...(knows(UTILITY_MODEL_SINCE) ? { agents: { defaults: { utilityModel: '' } } } : {}),
    ...(hasOwnAutomations(openclawVersion) ? OWN_AUTOMATIONS_OFF : {}),
  };
}

/** The keys as the machine stores them, by provider id. */
export function providerSecrets(providers: readonly ProviderKey[]): Record<string, string> {
  return Object.fromEntries(providers.map(({ provider, key }) => [provider.id, key]));
}

function chosenModel({ model, providers }: SettingsInput): string {
  const [first] = providers;
  if (!first) {
    throw new AppError('config', 'No model provider key is set', {
      next: `Set ${keyChoice()} and restart the server.`,
    });
  }
  if (model === undefined) return `${first.provider.id}/${defaultModelOf(first)}`;
  requireModelOf(providers, model);
  return model;
}

/** @throws AppError `config` for a server of one's own of which no model is known. */
export function defaultModelOf({ provider, own }: Pick<ProviderKey, 'provider' | 'own'>): string {
  const model = own === undefined ? provider.defaultModel : usualModel(own);
  if (model !== undefined) return model;
  throw new AppError('config', `No model of the server at ${provider.baseUrlVariable} is known`, {
    next: 'Pass model as openai/NAME, or set OPENAI_MODEL and restart the server.',
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
  { provider, baseUrl, own }: Pick<ProviderKey, 'provider' | 'baseUrl' | 'own'>,
  model: string,
): [string, ProviderSettings] {
  const named = providerIdOf(model) === provider.id ? model.slice(provider.id.length + 1) : undefined;
  return [
    provider.id,
    {
      baseUrl: baseUrl ?? provider.baseUrl,
      api: own?.api ?? provider.api,
      apiKey: secretRef(provider.id),
      models: own
        ? ownModels(own, named).map((id) => described(id, limitsOf(own, id)))
        : // An empty list means OpenClaw's own catalogue.
          provider.describe
          ? [described(named ?? provider.defaultModel, provider.describe)]
          : [],
    },
  ];
}

/** All that it lists: a chat may choose any of them. */
function ownModels(own: OwnServer, named: string | undefined): string[] {
  const usual = usualModel(own);
  return [...new Set([named, usual, ...own.models.map(({ id }) => id)])].filter((id) => id !== undefined);
}

function described(
  id: string,
  limits: { contextWindow: number; maxTokens: number; input?: readonly string[] | undefined },
): object {
  return {
    id,
    name: id,
    reasoning: false,
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    ...limits,
  };
}
