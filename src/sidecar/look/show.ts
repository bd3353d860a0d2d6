/**
 * The present settings without a secret in them, and on request what only a running gateway knows: how its channels are,
 * and who waits for an answer.
 */
import { readiness } from '../gateway/health.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { channelNames, showSettings } from '../state/look.ts';
import { openclawVersion } from './machine.ts';

const MAX_CHARS = 262_144;

/** @throws SidecarError as showSettings does. */
export async function show(place: Place, { live }: RequestOf<'show'>): Promise<ReplyOf<'show'>> {
  const settings = await showSettings(place);
  const shown = {
    home: place.home,
    port: place.port,
    openclaw_version: openclawVersion(place),
    settings,
  };
  if (live === 'nothing' || (await readiness(place)) !== 'yes') return shown;
  const names = channelNames(settings.config);
  // Most assistants have none, and are not made to wait for OpenClaw's command line.
  const channels = names.length === 0 ? undefined : await asked(place, 'channels', 'status');
  if (live === 'channels') return { ...shown, live: { channels, pairing: {} } };
  const pairing: Record<string, unknown> = {};
  for (const name of names) pairing[name] = await asked(place, 'pairing', 'list', name);
  const devices = await asked(place, 'devices', 'list');
  return {
    ...shown,
    live: { channels, pairing, devices, approvals: await asked(place, 'approvals', 'pending') },
  };
}

/** What cannot be asked of this release or channel is left out. */
async function asked(place: Place, ...command: string[]): Promise<unknown> {
  const { json } = await askOpenClaw(place, [...command, '--json']);
  return JSON.stringify(json ?? null).length > MAX_CHARS ? undefined : json;
}
