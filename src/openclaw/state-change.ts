/** What is told after OpenClaw's state or version was changed: what became of its plugins, or why the change was undone and how things are now. */
import { AppError } from '../core/errors.ts';
import { CHANNELS, type ChannelId } from './catalog/channels.ts';
import type { JobSnapshot } from './ports.ts';
import { explainMachineError } from './sidecar/machine-errors.ts';

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

/**
 * @param result of the job: `cause`, `detail`, and `before_fails` when the gateway of before does not start either.
 * @param failed what did not work, in our words.
 * @param restored how things are again; `broken` when they are not well.
 */
export function rollbackError(
  result: Readonly<Record<string, string>>,
  failed: string,
  restored: string,
  broken: string,
): AppError {
  const why = explainMachineError(result.cause ?? '', result.detail ?? '');
  const { foreign } = why;
  const details = { ...why.details, rolled_back: true };
  if (result.before_fails === undefined) {
    return new AppError('command_failed', `${failed}; ${restored}. The reason: ${why.message}`, {
      next: 'Read what it printed below; mend the cause before you repeat the call. Nothing is lost.',
      details,
      foreign,
    });
  }
  const now = explainMachineError(result.before_fails, '');
  return new AppError('command_failed', `${failed} (${why.message}); ${broken}: ${now.message}`, {
    next: 'Read what it printed below, then call gateway_status. Nothing is lost.',
    details,
    foreign,
  });
}
