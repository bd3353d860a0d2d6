/** What a gateway's own answers say about its channels and about those who wait for an answer, in few and safe words. */
import * as z from 'zod';
import { isPatch, type Patch } from '../../core/patch.ts';
import { head, plainText, toldOneOf } from '../../core/text.ts';
import { KNOWN_CHANNELS } from '../../openclaw/catalog/known-channels.ts';
import type { LiveAnswers } from '../../openclaw/configure/configure.ts';

export const channelState = z.object({
  id: z.string(),
  state: z
    .enum(['connected', 'not_connected', 'running', 'stopped', 'configured', 'not_configured'])
    .describe('running: OpenClaw does not say whether it is connected.'),
  error: z.string().optional().describe("The messenger's or OpenClaw's own words."),
});
export type ChannelState = z.output<typeof channelState>;

/** `telegram connected`, of each channel, and no more than OpenClaw says of it. */
export function channelWords(channels: readonly ChannelState[]): string[] {
  return channels.map(({ id, state }) => `${id} ${CHANNEL[state]}`);
}

const CHANNEL = {
  connected: 'connected',
  not_connected: 'running, but not connected',
  running: 'running (OpenClaw does not say whether it is connected)',
  stopped: 'stopped',
  configured: 'configured (OpenClaw does not say whether it runs: its plugin may be missing)',
  not_configured: 'not configured',
} as const;

export const pendingRequest = z.object({
  id: z.string().describe('Pass it in approve or deny.'),
  what: z.string().describe('What was said about it on the other side; anybody may have written it.'),
});
export type PendingRequest = z.output<typeof pendingRequest>;

/** As approve and deny take it: `telegram:ABCD1234`, `device:…`, `exec:…`. */
export const REQUEST_ID = /^([a-z][a-z0-9-]{0,30}):([A-Za-z0-9][A-Za-z0-9._:-]{0,120})$/;

// OpenClaw knows fewer.
const MAX_CHANNELS = 40;
// More of them are an attack or an accident, and no person reads on.
const MAX_PENDING = 20;
const MAX_WORDS = 200;

const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const list = <T extends z.ZodType>(item: T) => z.array(item).catch([]);

const about = { configured: flag, running: flag, connected: flag, lastError: text };
type Told = z.output<z.ZodObject<typeof about>>;

const status = z.object({
  channels: z.record(z.string(), z.object(about).catch({})).catch({}),
  channelAccounts: z.record(z.string(), list(z.object({ ...about, accountId: text }))).catch({}),
  channelDefaultAccountId: z.record(z.string(), z.string()).catch({}),
});
const nothing = { channels: {}, channelAccounts: {}, channelDefaultAccountId: {} };

// Of OpenClaw 2026.9.6 and its plugins; another one is told as `other`, since a machine may name it as it likes.
const CHANNEL_ID = /^[a-z][a-z0-9-]{0,29}$/;
const CHANNEL_IDS = [...KNOWN_CHANNELS.map(({ id }) => id), 'other'];

/**
 * One row for each channel that the gateway knows or its settings name: without its plugin a channel has settings, and
 * the gateway is silent about it.
 * @param config the gateway's settings.
 */
export function channelStates({ channels: answer }: LiveAnswers, config: Patch): ChannelState[] {
  const { channels, channelAccounts, channelDefaultAccountId } = status.catch(nothing).parse(answer);
  const named = channelNames(config);
  const ids = [...new Set([...Object.keys(channels), ...named])].filter((id) => CHANNEL_ID.test(id));
  return ids.slice(0, MAX_CHANNELS).map((id) => {
    const whole = channels[id];
    const accounts = channelAccounts[id] ?? [];
    // Its own command line tells each account; most people have one.
    const account =
      accounts.find(({ accountId }) => accountId === channelDefaultAccountId[id]) ?? accounts[0];
    const state = stateOf({
      configured: account?.configured ?? whole?.configured ?? named.includes(id),
      running: account?.running ?? whole?.running,
      connected: account?.connected ?? whole?.connected,
    });
    const error = account?.lastError ?? whole?.lastError;
    return { id: toldOneOf(CHANNEL_IDS, id, 'other'), state, ...(error && { error: words(error) }) };
  });
}

function channelNames({ channels }: Patch): string[] {
  const names = isPatch(channels) ? Object.keys(channels) : [];
  return names.filter((name) => name !== 'defaults' && name !== 'modelByChannel');
}

function stateOf({ configured, running, connected }: Omit<Told, 'lastError'>): ChannelState['state'] {
  if (running) return connected === undefined ? 'running' : connected ? 'connected' : 'not_connected';
  if (!configured) return 'not_configured';
  return running === false ? 'stopped' : 'configured';
}

const person = z.object({ username: text, firstName: text }).catch({});
const pairing = z.object({ requests: list(z.object({ code: text, id: text, meta: person })) });
const devices = z.object({
  pending: list(z.object({ requestId: text, id: text, displayName: text, platform: text })),
});
const approvals = z.object({ approvals: list(z.looseObject({ id: text })) });

/** Everybody and everything that waits for the owner's answer. */
export function pendingRequests(live: LiveAnswers): PendingRequest[] {
  return [...people(live), ...newDevices(live.devices), ...commands(live.approvals)]
    .filter(({ id }) => REQUEST_ID.test(id))
    .slice(0, MAX_PENDING);
}

function people({ pairing: byChannel }: LiveAnswers): PendingRequest[] {
  return Object.entries(byChannel).flatMap(([channel, answer]) => {
    const read = pairing.safeParse(answer);
    return (read.success ? read.data.requests : []).map(({ code = '', id, meta }) => ({
      id: `${channel}:${code}`,
      what: words(`wants to write: ${meta.username ?? meta.firstName ?? 'somebody'} (${id ?? 'unknown id'})`),
    }));
  });
}

function newDevices(answer: unknown): PendingRequest[] {
  const read = devices.safeParse(answer);
  return (read.success ? read.data.pending : []).map((device) => ({
    id: `device:${device.requestId ?? device.id ?? ''}`,
    what: words(`a device: ${device.displayName ?? device.platform ?? 'unnamed'}`),
  }));
}

function commands(answer: unknown): PendingRequest[] {
  const read = approvals.safeParse(answer);
  return (read.success ? read.data.approvals : []).map((approval) => ({
    id: `exec:${approval.id ?? ''}`,
    what: words(`wants to run: ${JSON.stringify(approval)}`),
  }));
}

function words(foreign: string): string {
  return head(plainText(foreign).replace(/\s+/g, ' '), MAX_WORDS);
}
