/** What is said about an assistant that moves in: what is off and how to switch it on, and what could not come along. */
import { isChannel } from '../../openclaw/catalog/known-channels.ts';

/** In an old state; no word of it but channels of plain names and a version is a stranger's. */
export interface Found {
  version: string | undefined;
  channels: readonly string[];
  heartbeats: boolean;
  hooks: boolean;
  ownStarts: boolean;
  /** Workspaces that the settings name and the archive does not hold. */
  missing: number;
  /** Links that lead outside. */
  outside: number;
  /** As they are called in the new state. */
  names: readonly string[];
}

const HOW_TO_PACK = 'with the old OpenClaw stopped, "tar -czf assistant.tar.gz -C ~ .openclaw"';

/** A sentence for each; before the restore and after it. */
export function movedWords(found: Found): string[] {
  return [...offWords(found), ...leftWords(found)];
}

function offWords({ channels, heartbeats, hooks, ownStarts }: Found): string[] {
  return [
    ...channels
      .filter((name) => !isChannel(name, 'ofMac'))
      .map(
        (name) =>
          `${name} came along switched off, since two assistants must never answer one channel: once the old one no longer runs, configure_openclaw with set "channels.${name}.enabled" true switches it on${
            isChannel(name, 'offByPlugin') ? ', where its plugin is on in the Control UI' : ''
          }${isChannel(name, 'linked') ? ', and it may have to be linked anew' : ''}.`,
      ),
    'Its automations came along switched off: run_openclaw with args cron, list, --all names them, and with cron, enable and the id switches one on.',
    ...(heartbeats
      ? [
          'Its heartbeat is off: configure_openclaw with set "agents.defaults.heartbeat.every" "30m" switches it on.',
        ]
      : []),
    ...(hooks
      ? ['Its hooks for calls from outside are off: the person switches them on in the Control UI.']
      : []),
    ...(ownStarts
      ? [
          'What it ran at each start (BOOT.md) or for incoming mail and calls is off: the person switches the hook boot-md or the plugin imap or voice-call on in the Control UI.',
        ]
      : []),
  ];
}

function leftWords({ names, channels, missing, outside, version }: Found): string[] {
  const plugins = pluginsIn(names).length;
  return [
    'Linked devices and what was allowed to run without asking stayed behind: link and allow anew what is wanted.',
    ...channels
      .filter((name) => isChannel(name, 'ofMac'))
      .map((name) => `${name} works with a Mac alone, and stays off here.`),
    ...(plugins > 0
      ? [`${plugins} plugin(s) came along without their libraries, and have to be installed again.`]
      : []),
    ...(missing > 0 ? [`${missing} workspace(s) that its settings name are not in the archive.`] : []),
    ...(outside > 0 ? [`${outside} link(s) that lead outside of the archive were left out.`] : []),
    ...(hasNoConversations(names)
      ? [
          `The archive lists conversations without holding one${version === undefined ? '' : `, as "openclaw backup create" of ${version} does`}: to bring them too, pack the state anew: ${HOW_TO_PACK}.`,
        ]
      : []),
  ];
}

/** Names of plugins that were installed. Foreign. */
export function pluginsIn(names: readonly string[]): string[] {
  return [
    ...new Set(
      names.flatMap(
        (name) =>
          /^extensions\/([^/]+)\//.exec(name)?.[1] ??
          /^npm\/(?:projects|node_modules)\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ??
          [],
      ),
    ),
  ];
}

function hasNoConversations(names: readonly string[]): boolean {
  const listed = names.some((name) => /^agents\/[^/]+\/sessions\/sessions\.json$/.test(name));
  return (
    listed &&
    !names.some((name) => /^agents\/[^/]+\/(?:sessions\/[^/]+\.jsonl|agent\/[^/]+\.sqlite)$/.test(name))
  );
}
