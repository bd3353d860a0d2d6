/** What an operation of configure_openclaw adds to the shape of all operations. */
import * as z from 'zod';
import type { ForeignText } from '../mcp/define-tool.ts';
import type { OperationRecord } from '../operations/record.ts';
import { type ChannelState, channelState, pendingRequest } from '../workflows/configure/channels.ts';

export const configureResult = z.object({
  applied: z
    .enum(['none', 'hot', 'restart'])
    .optional()
    .describe('How the running gateway took the new settings.'),
  settings: z.string().optional().describe('Present settings as JSON text; secrets only as "[set]".'),
  channels: z.array(channelState).optional(),
  pending: z.array(pendingRequest).optional().describe('Who and what waits for an answer.'),
  answers: z
    .array(z.object({ id: z.string(), verdict: z.string(), accepted: z.boolean(), said: z.string() }))
    .optional(),
  control_ui: z
    .object({ how: z.string(), steps: z.array(z.string()), url: z.string().optional() })
    .optional()
    .describe('How a person opens the Control UI.'),
});

/** The fields of the result that are there, for `operationOutput`. */
export function configureFields({ result = {} }: OperationRecord): z.input<typeof configureResult> {
  const names = Object.keys(configureResult.shape);
  return configureResult.parse(
    Object.fromEntries(
      Object.entries(result).flatMap(([name, value]) =>
        // Records of earlier versions hold them as they were read.
        names.includes(name) ? [[name, name === 'settings' ? asText(value) : value]] : [],
      ),
    ),
  );
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** In our words, with ids that were checked; what others wrote is only in the data. */
export function configureDetails(data: z.output<typeof configureResult>): string[] {
  return [
    ...(data.applied === undefined ? [] : [APPLIED[data.applied]]),
    ...channelWords(data.channels ?? []),
    ...(data.pending?.length ? [`${data.pending.length} request(s) wait for an answer (pending)`] : []),
    ...(data.answers ?? []).map(
      ({ id, verdict, accepted }) => `${verdict} ${id}: ${accepted ? 'done' : 'refused by OpenClaw'}`,
    ),
    ...(data.control_ui === undefined ? [] : [`to open the Control UI: ${data.control_ui.steps.join(' ')}`]),
  ];
}

/** For clients that show only text: who waits, with the ids, as their machine named them. */
export function pendingText({ pending = [] }: z.output<typeof configureResult>): ForeignText[] {
  if (pending.length === 0) return [];
  return [{ label: 'pending requests', text: pending.map(({ id, what }) => `${id}: ${what}`).join('\n') }];
}

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

const APPLIED = {
  none: 'nothing had to change',
  hot: 'applied without a restart',
  restart: 'applied by a restart of the gateway',
} as const;
