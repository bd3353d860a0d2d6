/** Turns a wish into one change of a machine's settings: what is written, which secrets go along, what is asked first. */
import semver from 'semver';
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import { at, isPatch, mergedPatch, type Patch } from '../../core/patch.ts';
import { CHANNELS, type ChannelId, type ChannelKey } from '../catalog/channels.ts';
import { patchOf } from '../catalog/configure-paths.ts';
import { PROVIDERS, type Provider, type ProviderKey, providerIdOf } from '../catalog/providers.ts';
import { defaultModelOf, LIMIT_PLUGIN, providerEntry, secretRef } from '../catalog/settings.ts';
import { channelChecks, modelCheck, type OutsideCheck } from '../outside-checks.ts';
import { KEY_MISSING, namedKeys, sentKeys } from './wished-keys.ts';

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
  /** Folder of the plugin that keeps the daily limit, which the gateway is to load. */
  limitPlugin?: string | undefined;
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
  /** By name in the machine's secrets file; null removes. */
  secrets: Readonly<Record<string, string | null>>;
  checks: readonly OutsideCheck[];
  /** npm spec of a plugin to be installed first. */
  plugin: string | undefined;
  /** Whether the release applies settings while it runs. */
  hot: boolean;
  /** Whether only a start of the gateway makes it forget what is gone: it keeps the last value of a key (2026.9.6). */
  restart: boolean;
  /** Whether a model must answer through the gateway before the change counts. */
  proveModel: boolean;
  restartForSecrets: boolean;
}

/** @throws AppError `invalid_input` or `config` in words that name what to pass or set; nothing was changed. */
export function planChange(wish: ChangeWish, present: PresentSettings, keys: Keys): ChangePlan {
  const models = wishedModels(wish);
  const { named, removed } = namedKeys(wish.providerKeys ?? [], keys.providers);
  requireUnused(removed, wish, present);
  const sent = sentKeys(named, models, present.secretNames, keys.providers);
  const channel = wish.channel === undefined ? undefined : channelKey(wish.channel, keys.channels);
  const parts = [
    patchOf(wish.set ?? {}),
    modelPatch(wish),
    providerPatch(sent, models, present),
    removalPatch(removed, present),
    ...(channel ? [channelPatch(channel, present)] : []),
    originPatch(wish.allowedOrigin, present),
    limitPatch(wish.limitPlugin, present),
  ];
  const patch = parts.reduce(mergedPatch, {});
  const hot = semver.gte(semver.coerce(present.openclawVersion) ?? '0.0.0', HOT_SINCE);
  const asked = [...new Set([...models, ...sent.map((key) => modelOf(key, models, present))])];
  return {
    patch,
    secrets: {
      ...Object.fromEntries(sent.map(({ provider, key }) => [provider.id, key])),
      ...Object.fromEntries(removed.map((id) => [id, null])),
      ...channel?.secrets,
    },
    checks: [...modelChecks(asked, patch, present), ...(channel ? channelChecks(channel) : [])],
    plugin: channel?.channel.plugin && `${channel.channel.plugin}@${present.openclawVersion}`,
    hot,
    restart: removed.length > 0,
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

/** @throws AppError `invalid_input` while a model of a provider whose key is to go would still be asked. */
function requireUnused(removed: readonly string[], wish: ChangeWish, present: PresentSettings): void {
  const { fallbackModels = presentFallbacks(present), model = presentModel(present) } = wish;
  const used = [model, ...fallbackModels].find((each) => removed.includes(providerIdOf(each ?? '')));
  if (used === undefined) return;
  throw new AppError(
    'invalid_input',
    `Nothing was changed: a model of the provider ${providerIdOf(used)} still answers for this assistant`,
    {
      next: 'Pass model and fallback_models of other providers in the same call: the key is removed after the change.',
    },
  );
}

function presentFallbacks({ config }: PresentSettings): string[] {
  const fallbacks = at(config, 'agents', 'defaults', 'model', 'fallbacks');
  return Array.isArray(fallbacks) ? fallbacks.filter((each) => typeof each === 'string') : [];
}

function removalPatch(removed: readonly string[], { config }: PresentSettings): Patch {
  const there = removed.filter((id) => at(config, 'models', 'providers', id) !== undefined);
  if (there.length === 0) return {};
  return { models: { providers: Object.fromEntries(there.map((id) => [id, null])) } };
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
    const before = describedBefore(provider.id, present);
    const describe = provider.describe ?? limitsBefore(before);
    if (!key && (own.length === 0 || !describe)) return [];
    const of = key ?? { provider: describe ? { ...provider, describe } : provider };
    const described = (own.length > 0 ? own : [modelOf(of, models, present)]).map(
      (model) => providerEntry(of, model)[1],
    );
    const list = withoutTwins([
      ...described.flatMap((entry) => entry.models),
      ...(key && !key.own ? [] : before),
    ]);
    return [[provider.id, key ? { ...described[0], models: list } : { models: list }] as const];
  });
  return entries.length === 0 ? {} : { models: { providers: Object.fromEntries(entries) } };
}

/** Models that the settings describe now: those of a server of one's own are in no catalogue. */
function describedBefore(id: string, { config }: PresentSettings): Patch[] {
  const models = at(config, 'models', 'providers', id, 'models');
  return Array.isArray(models) ? models.filter(isPatch) : [];
}

const limits = z.object({
  contextWindow: z.number(),
  maxTokens: z.number(),
  input: z.array(z.string()).optional(),
});

/** A further model of the same server is taken to read and write as much as those before. */
function limitsBefore([first]: readonly Patch[]): Provider['describe'] {
  return limits.safeParse(first).data;
}

function withoutTwins(models: readonly object[]): object[] {
  return models.filter(
    (one, index) => models.findIndex((each) => at(each, 'id') === at(one, 'id')) === index,
  );
}

/** The model to try a key with: one that is wished, that answers now, or that is described. */
function modelOf(
  key: Pick<ProviderKey, 'provider' | 'own'>,
  wished: readonly string[],
  present: PresentSettings,
): string {
  const { id } = key.provider;
  const known = [...wished, presentModel(present) ?? ''].find((model) => providerIdOf(model) === id);
  if (known !== undefined) return known;
  const described = key.own && at(describedBefore(id, present)[0], 'id');
  return `${id}/${typeof described === 'string' ? described : defaultModelOf(key)}`;
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

/** @throws AppError `config` where its tokens are not in this server's environment. */
export function channelKey(id: ChannelId, channels: readonly ChannelKey[]): ChannelKey {
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

/** Beside the plugins that a person has. It reads how many tokens a conversation took, for which OpenClaw asks a yes. */
function limitPatch(folder: string | undefined, { config }: PresentSettings): Patch {
  if (folder === undefined) return {};
  const added = (list: unknown, item: string) => [...new Set([...(Array.isArray(list) ? list : []), item])];
  const allow = at(config, 'plugins', 'allow');
  return {
    plugins: {
      load: { paths: added(at(config, 'plugins', 'load', 'paths'), folder) },
      entries: { [LIMIT_PLUGIN]: { enabled: true, hooks: { allowConversationAccess: true } } },
      ...(Array.isArray(allow) && { allow: added(allow, LIMIT_PLUGIN) }),
    },
  };
}
