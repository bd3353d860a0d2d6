/** What a gateway's own answers say about its channels and about those who wait for an answer, in few and safe words. */
import * as z from 'zod';
import { head, plainText } from '../core/text.ts';
import type { LiveAnswers } from '../openclaw/configure.ts';

export const channelState = z.object({
  id: z.string(),
  state: z.enum(['connected', 'running', 'stopped', 'not_configured']),
  error: z.string().optional().describe("The messenger's or OpenClaw's own words."),
});
export type ChannelState = z.output<typeof channelState>;

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

const status = z.object({
  channels: z
    .record(z.string(), z.object({ configured: flag, running: flag, lastError: text }).catch({}))
    .catch({}),
  channelAccounts: z.record(z.string(), list(z.object({ connected: flag, lastError: text }))).catch({}),
});

/** One row for each channel that the gateway knows. */
export function channelStates({ channels: answer }: LiveAnswers): ChannelState[] {
  const read = status.safeParse(answer);
  if (!read.success) return [];
  const { channels, channelAccounts } = read.data;
  return Object.entries(channels)
    .slice(0, MAX_CHANNELS)
    .map(([id, seen]) => {
      const account = channelAccounts[id]?.[0];
      const error = seen.lastError ?? account?.lastError;
      return { id: words(id), state: stateOf(seen, account), ...(error && { error: words(error) }) };
    });
}

function stateOf(
  seen: { configured?: boolean | undefined; running?: boolean | undefined },
  account: { connected?: boolean | undefined } | undefined,
): ChannelState['state'] {
  if (account?.connected) return 'connected';
  if (seen.running) return 'running';
  return seen.configured ? 'stopped' : 'not_configured';
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
