/** What became of the plugins of connected channels when what they run on was changed. */
import { CHANNELS, type ChannelId } from './catalog/channels.ts';
import type { JobSnapshot } from './ports.ts';

/** npm packages of channels that releases may not bring along; for the jobs that carry them over. */
export const CHANNEL_PLUGINS = CHANNELS.flatMap(({ plugin }) => plugin ?? []);

export interface CarriedPlugins {
  /** Now in the version of the assistant. */
  updated: ChannelId[];
  /** Not to be had in it: as they were, or missing. */
  left: ChannelId[];
}

export function carriedPlugins(result: JobSnapshot['result']): CarriedPlugins {
  const channels = (names = '') => CHANNELS.map(({ id }) => id).filter((id) => names.split(' ').includes(id));
  return { updated: channels(result.plugins_updated), left: channels(result.plugins_left) };
}

/** One sentence for each. */
export function pluginNotes({ updated, left }: CarriedPlugins): string[] {
  return [
    ...updated.map((id) => `The ${id} plugin came along.`),
    ...left.map(
      (id) =>
        `The ${id} plugin could not be had in the version of the assistant, so ${id} may be silent: call configure_openclaw with channel "${id}", which tells why.`,
    ),
  ];
}
