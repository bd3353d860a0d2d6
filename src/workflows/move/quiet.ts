/** Settings of an assistant that moves in: nothing of it answers anybody, or runs by itself, until the person asks for it. */
import { at, isPatch, type Patch, patched } from '../../core/patch.ts';
import { channelsByVariable, isChannel, KNOWN_CHANNELS } from '../../openclaw/catalog/known-channels.ts';
import { FRONT_SETTINGS } from '../../openclaw/catalog/settings.ts';

export interface Quieted {
  settings: Patch;
  /** Channels that were set up and are off now; of OpenClaw's names, plain ones. */
  channels: string[];
  /** Whether something ran by itself that is no automation of the list: heartbeats, hooks from outside, and `ownStarts`. */
  heartbeats: boolean;
  hooks: boolean;
  /** A checklist at each start of the gateway, or what an incoming mail or call sets off. */
  ownStarts: boolean;
}

const PLAIN_NAME = /^[a-z0-9-]{1,40}$/;
/** Their entries are no channels. */
const NO_CHANNELS = ['defaults', 'modelByChannel'];
const NEVER = { every: '0m' };
/** OpenClaw's own hook that has an agent run BOOT.md whenever the gateway starts; it needs no `hooks.enabled`. */
const AT_START = 'boot-md';
/** OpenClaw's own plugins that start a session for a mail or a telephone call that comes in; they are no channels. */
const FROM_OUTSIDE = ['imap', 'voice-call'];

/** @param variables names of environment variables that come along: some connect a channel by themselves. */
export function quieted(theirs: Patch, variables: readonly string[]): Quieted {
  const { gateway: _theirs, update: _updates, ...rest } = theirs;
  const channels = channelsOf(rest, variables);
  const asPlugins = channels.filter(
    (name) => isChannel(name, 'offByPlugin') && at(rest, 'channels', name) === undefined,
  );
  const hooks = at(rest, 'hooks', 'enabled') === true;
  const own = ownStarts(rest);
  const settings = patched(rest, {
    // Its address, token and exposure are those of this machine.
    gateway: FRONT_SETTINGS,
    ...(channels.length > asPlugins.length && {
      channels: allOff(channels.filter((name) => !asPlugins.includes(name))),
    }),
    ...(asPlugins.length > 0 && { plugins: { entries: allOff(asPlugins) } }),
    ...(hooks && { hooks: { enabled: false } }),
    ...(at(rest, 'commitments', 'enabled') === true && { commitments: { enabled: false } }),
    agents: { defaults: { heartbeat: NEVER } },
  });
  return {
    settings: withoutOwnAutomations(withQuietAgents(patched(settings, own))),
    channels: channels.filter((name) => at(rest, 'channels', name, 'enabled') !== false),
    heartbeats: hasHeartbeat(rest),
    hooks,
    ownStarts: Object.keys(own).length > 0,
  };
}

const allOff = (names: readonly string[]): Patch =>
  Object.fromEntries(names.map((name) => [name, { enabled: false }]));

/** What switches off that the gateway's start, a mailbox or a telephone has an agent run. */
function ownStarts(settings: Patch): Patch {
  const fromOutside = FROM_OUTSIDE.filter((id) => at(settings, 'plugins', 'entries', id) !== undefined);
  return {
    ...(runsAtStart(settings) && {
      hooks: { internal: { entries: { [AT_START]: { enabled: false } } } },
    }),
    ...(fromOutside.length > 0 && {
      plugins: { entries: allOff(fromOutside) },
    }),
  };
}

/** Without an entry it runs where all hooks do: those of no entries at all, or of folders that are named beside. */
function runsAtStart(settings: Patch): boolean {
  const internal = at(settings, 'hooks', 'internal');
  const entries = at(internal, 'entries');
  const own = at(entries, AT_START);
  if (at(internal, 'enabled') === false) return false;
  if (own !== undefined) return at(own, 'enabled') !== false;
  const isListed = isPatch(entries) && Object.keys(entries).length > 0;
  return isPatch(internal) && (!isListed || at(internal, 'load', 'extraDirs') !== undefined);
}

function channelsOf(settings: Patch, variables: readonly string[]): string[] {
  const named = Object.entries(isPatch(settings.channels) ? settings.channels : {}).flatMap(
    ([name, channel]) => (isPatch(channel) && !NO_CHANNELS.includes(name) ? [name] : []),
  );
  // They stand below `vars` or beside it; OpenClaw reads both.
  const inSettings = [settings.env, at(settings, 'env', 'vars')];
  const known = [...variables, ...inSettings.flatMap((env) => Object.keys(isPatch(env) ? env : {}))];
  return [...new Set([...named, ...channelsByVariable(known), ...byPlugin(settings)])];
}

/** A plugin that is switched on has what a login or a variable of its own left, without a word among the channels. */
function byPlugin(settings: Patch): string[] {
  const entries = at(settings, 'plugins', 'entries');
  return KNOWN_CHANNELS.filter(
    ({ id, notAnymore }) => notAnymore !== true && at(entries, id, 'enabled') === true,
  ).map(({ id }) => id);
}

/** Each agent may have a heartbeat of its own. */
function withQuietAgents(settings: Patch): Patch {
  const quiet = (agent: unknown) =>
    isPatch(agent) && agent.heartbeat !== undefined ? patched(agent, { heartbeat: NEVER }) : agent;
  const { list, entries } = isPatch(settings.agents) ? settings.agents : {};
  return patched(settings, {
    agents: {
      ...(Array.isArray(list) && { list: list.map(quiet) }),
      ...(isPatch(entries) && {
        entries: Object.fromEntries(Object.entries(entries).map(([id, agent]) => [id, quiet(agent)])),
      }),
    },
  });
}

/** Taken out rather than switched off: an older release knows no such switch, and for a newer one the restore sets it. */
function withoutOwnAutomations(settings: Patch): Patch {
  return patched(settings, {
    ...(at(settings, 'plugins', 'entries', 'memory-core', 'config', 'dreaming') !== undefined && {
      plugins: { entries: { 'memory-core': { config: { dreaming: { enabled: null } } } } },
    }),
    ...(at(settings, 'skills', 'workshop', 'autonomous') !== undefined && {
      skills: { workshop: { autonomous: { mode: null } } },
    }),
  });
}

function hasHeartbeat({ agents }: Patch): boolean {
  const { list, entries } = isPatch(agents) ? agents : {};
  const all = [
    at(agents, 'defaults'),
    ...(Array.isArray(list) ? list : []),
    ...Object.values(isPatch(entries) ? entries : {}),
  ];
  // Every half hour, where nothing is said.
  return at(agents, 'defaults', 'heartbeat', 'every') !== NEVER.every || all.some(beats);
}

const beats = (agent: unknown) => {
  const every = at(agent, 'heartbeat', 'every');
  return every !== undefined && every !== NEVER.every;
};

/** A channel's name where it may stand in a sentence of ours. */
export const plainChannels = (names: readonly string[]): string[] =>
  names.filter((name) => PLAIN_NAME.test(name));
