/** Turns a wish into one change of a machine's settings: what is written, which secrets go along, what is asked first. */
import semver from 'semver';
import { AppError } from '../core/errors.ts';
import { CHANNELS, type ChannelId, type ChannelKey } from './channels.ts';
import { isPatch, mergedPatch, type Patch, patchOf } from './configure-paths.ts';
import { channelChecks, modelCheck, type OutsideCheck } from './outside-checks.ts';
import { PROVIDERS, type ProviderKey } from './providers.ts';
import { providerEntry, secretRef } from './settings.ts';

/** First release that was seen to apply changed settings while it runs, and to answer a bare model call. */
const HOT_SINCE = '2026.9.0';

export interface ChangeWish {
  model?: string | undefined;
  fallbackModels?: readonly string[] | undefined;
  /** Names of variables. */
  providerKeys?: readonly string[] | undefined;
  set?: Readonly<Record<string, unknown>> | undefined;
  channel?: ChannelId | undefined;
  /** Web pages of this origin may talk to the gateway, as the Control UI behind a preview does. */
  allowedOrigin?: string | undefined;
}

/** Settings as they are on a machine; no secret is in them. */
export interface PresentSettings {
  openclawVersion: string;
  config: Patch;
  /** What the machine's secrets file holds. */
  secretNames: readonly string[];
}

/** What this server's environment offers. */
export interface Keys {
  providers: readonly ProviderKey[];
  channels: readonly ChannelKey[];
}

export interface ChangePlan {
  patch: Patch;
  /** By name in the machine's secrets file. */
  secrets: Readonly<Record<string, string>>;
  checks: readonly OutsideCheck[];
  /** npm spec of a plugin to be installed first. */
  plugin: string | undefined;
  /** Whether the release applies settings while it runs. */
  hot: boolean;
  /** Whether a model must answer through the gateway before the change counts. */
  proveModel: boolean;
  restartForSecrets: boolean;
}

/** details.reason of an error that another server, with other variables, would not have. */
export const KEY_MISSING = 'key_missing';

/** @throws AppError `invalid_input` or `config` in words that name what to pass or set; nothing was changed. */
export function planChange(wish: ChangeWish, present: PresentSettings, keys: Keys): ChangePlan {
  const models = wishedModels(wish);
  const sent = sentKeys(wish, models, present, keys.providers);
  const channel = wish.channel === undefined ? undefined : channelKey(wish.channel, keys.channels);
  const parts = [
    patchOf(wish.set ?? {}),
    modelPatch(wish),
    providerPatch(sent, models, present),
    ...(channel ? [channelPatch(channel, present)] : []),
    originPatch(wish.allowedOrigin, present),
  ];
  const patch = parts.reduce(mergedPatch, {});
  const hot = semver.gte(semver.coerce(present.openclawVersion) ?? '0.0.0', HOT_SINCE);
  const asked = [...new Set([...models, ...sent.map((key) => modelOf(key, present))])];
  return {
    patch,
    secrets: {
      ...Object.fromEntries(sent.map(({ provider, key }) => [provider.id, key])),
      ...channel?.secrets,
    },
    checks: [...modelChecks(asked, patch, present), ...(channel ? channelChecks(channel) : [])],
    plugin: channel?.channel.plugin && `${channel.channel.plugin}@${present.openclawVersion}`,
    hot,
    proveModel: hot && asked.length > 0,
    restartForSecrets: channel !== undefined,
  };
}

/** The model that answers by default, where the settings say. */
export function presentModel({ config }: Pick<PresentSettings, 'config'>): string | undefined {
  const model = at(config, 'agents', 'defaults', 'model');
  const primary = isPatch(model) ? model.primary : model;
  return typeof primary === 'string' ? primary : undefined;
}

function wishedModels({ model, fallbackModels = [] }: ChangeWish): string[] {
  return [...(model === undefined ? [] : [model]), ...fallbackModels];
}

/** The keys that were named, and those that a wished model needs and the machine does not have. */
function sentKeys(
  { providerKeys = [] }: ChangeWish,
  models: readonly string[],
  present: PresentSettings,
  providers: readonly ProviderKey[],
): ProviderKey[] {
  const sent = new Set(providerKeys.map((variable) => keyOf(variable, providers)));
  for (const model of models) {
    const id = providerIdOf(model);
    if ([...sent].some(({ provider }) => provider.id === id) || present.secretNames.includes(id)) continue;
    const known = providers.find(({ provider }) => provider.id === id);
    if (!known) throw noKeyFor(model);
    sent.add(known);
  }
  return [...sent];
}

function keyOf(variable: string, providers: readonly ProviderKey[]): ProviderKey {
  const provider = PROVIDERS.find(({ keyVariables }) => keyVariables.includes(variable));
  if (!provider) {
    throw new AppError(
      'invalid_input',
      'Nothing was changed: provider_keys names a variable of no model provider',
      {
        next: `Choose from ${PROVIDERS.flatMap(({ keyVariables }) => keyVariables).join(', ')}.`,
      },
    );
  }
  const key = providers.find((each) => each.provider.id === provider.id);
  if (key) return key;
  throw new AppError('config', `Nothing was changed: ${variable} is not set in this server's environment`, {
    next: `Set ${variable} and restart the server.`,
    details: { reason: KEY_MISSING },
  });
}

function noKeyFor(model: string): AppError {
  const provider = PROVIDERS.find(({ id }) => id === providerIdOf(model));
  const variable = provider?.keyVariables[0];
  return new AppError(
    'invalid_input',
    'Nothing was changed: neither the machine nor this server has a key for the provider of this model',
    {
      next:
        variable === undefined
          ? `Pass a model of ${PROVIDERS.map(({ id }) => id).join(', ')}, as provider/model.`
          : `Set ${variable} in this server's environment and restart it.`,
      // A provider that nobody knows has no key anywhere.
      ...(variable !== undefined && { details: { reason: KEY_MISSING } }),
    },
  );
}

function modelPatch({ model, fallbackModels }: ChangeWish): Patch {
  const chosen = {
    ...(model !== undefined && { primary: model }),
    ...(fallbackModels !== undefined && { fallbacks: [...fallbackModels] }),
  };
  return Object.keys(chosen).length === 0 ? {} : { agents: { defaults: { model: chosen } } };
}

/** Entries of the providers whose keys are sent, and descriptions of models that OpenClaw may not know by itself. */
function providerPatch(
  sent: readonly ProviderKey[],
  models: readonly string[],
  present: PresentSettings,
): Patch {
  const entries = PROVIDERS.flatMap((provider) => {
    const own = models.filter((model) => providerIdOf(model) === provider.id);
    const key = sent.find((each) => each.provider.id === provider.id);
    if (!key && (own.length === 0 || !provider.describe)) return [];
    const of = key ?? { provider, baseUrl: undefined };
    const described = (own.length > 0 ? own : [modelOf(of, present)]).map(
      (model) => providerEntry(of, model)[1],
    );
    const list = described.flatMap((entry) => entry.models);
    return [[provider.id, key ? { ...described[0], models: list } : { models: list }] as const];
  });
  return entries.length === 0 ? {} : { models: { providers: Object.fromEntries(entries) } };
}

/** The model to try a key with. */
function modelOf({ provider }: Pick<ProviderKey, 'provider'>, present: PresentSettings): string {
  const primary = presentModel(present);
  return primary !== undefined && providerIdOf(primary) === provider.id
    ? primary
    : `${provider.id}/${provider.defaultModel}`;
}

function modelChecks(models: readonly string[], patch: Patch, { config }: PresentSettings): OutsideCheck[] {
  const after = mergedPatch(config, patch);
  return models.flatMap((model) => {
    const id = providerIdOf(model);
    const entry = at(after, 'models', 'providers', id);
    if (!isPatch(entry) || typeof entry.baseUrl !== 'string' || typeof entry.api !== 'string') return [];
    return modelCheck({ model, api: entry.api, baseUrl: entry.baseUrl, secret: id }) ?? [];
  });
}

function channelKey(id: ChannelId, channels: readonly ChannelKey[]): ChannelKey {
  const key = channels.find(({ channel }) => channel.id === id);
  if (key) return key;
  const tokens = CHANNELS.find((channel) => channel.id === id)?.tokens ?? [];
  const variables = tokens.map(({ variable }) => variable).join(' and ');
  throw new AppError('config', `Nothing was changed: ${id} needs ${variables} in this server's environment`, {
    next: `Set ${variables} there and restart the server; never pass a token as an argument.`,
    details: { reason: KEY_MISSING },
  });
}

function channelPatch({ channel, baseUrl }: ChannelKey, { config }: PresentSettings): Patch {
  const before = at(config, 'channels', channel.id);
  const own = isPatch(before) ? before : {};
  const defaults = Object.entries(channel.defaults).filter(([name]) => own[name] === undefined);
  const settings = {
    enabled: true,
    ...Object.fromEntries(defaults),
    ...Object.fromEntries(channel.tokens.map(({ field, secret }) => [field, secretRef(secret)])),
    ...(channel.address && baseUrl !== undefined && { [channel.address.field]: baseUrl }),
  };
  return { channels: { [channel.id]: settings } };
}

function originPatch(origin: string | undefined, { config }: PresentSettings): Patch {
  if (origin === undefined) return {};
  const before = at(config, 'gateway', 'controlUi', 'allowedOrigins');
  const origins = new Set([...(Array.isArray(before) ? before : []), origin]);
  return { gateway: { controlUi: { allowedOrigins: [...origins] }, trustedProxies: ['127.0.0.1'] } };
}

const providerIdOf = (model: string) => model.slice(0, Math.max(0, model.indexOf('/')));

function at(config: unknown, ...path: readonly string[]): unknown {
  return path.reduce((below: unknown, name) => (isPatch(below) ? below[name] : undefined), config);
}
