/** gateway_status: what works and what does not, layer by layer, without touching anything. */
import * as z from 'zod';
import { broughtLine } from '../core/brought.ts';
import { toldOneOf } from '../core/text.ts';
import type { Automation } from '../openclaw/look/automations.ts';
import type { AuditFinding } from '../openclaw/look/posture.ts';
import { type ChannelState, channelState, channelWords } from '../workflows/configure/channels.ts';
import { automationWords } from '../workflows/look/automations.ts';
import { newsOf, toldEvents } from '../workflows/look/gateway-history.ts';
import { gatewayStatus as look } from '../workflows/look/status.ts';
import { safePhase } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, quoted, writtenByOthers } from './fields.ts';
import { defineTool } from './services.ts';
import { spendFields, spendOutput, spendWords } from './spend-output.ts';

// Of the local API.
const RUNTIMES = ['namespace', 'process', 'unknown'];

export const gatewayStatus = defineTool({
  name: 'gateway_status',
  title: 'Gateway status',
  description:
    'Looks through machine, guest, Node, OpenClaw, configuration, process, health, readiness, authentication and channels, and how well it is protected, and says what to do about each finding. Never wakes, changes or bills anything. First thing to call when something fails.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    audit: z.boolean().default(false).describe("Run OpenClaw's own security audit too; takes seconds."),
  }),
  output: z.object({
    from_others: fromOthers,
    machine_id: z.string(),
    phase: z.string(),
    working: z.boolean().describe('Whether chat would be answered now without repairs.'),
    layers: z.array(
      z.object({ name: z.string(), state: z.enum(['ok', 'problem', 'not_checked']), detail: z.string() }),
    ),
    openclaw_version: z.string().optional(),
    node_version: z.string().optional(),
    runtime: z.string().optional().describe('Only on this computer: how the machine is isolated.'),
    memory_available_mib: z.number().optional(),
    disk_free_mib: z.number().optional(),
    channels: z
      .array(channelState.omit({ error: true }))
      .optional()
      .describe('How each messenger is; only of a running gateway.'),
    automations: z
      .array(
        z.object({
          name: z.string(),
          schedule: z.string(),
          next_at: z.string().optional(),
          last: z.enum(['ok', 'error', 'skipped', 'other']).optional(),
          spends: z.boolean().describe('Whether it takes model turns.'),
        }),
      )
      .optional()
      .describe('What runs by itself; its names and schedules are from others.'),
    interrupted_sessions: z
      .array(z.string())
      .optional()
      .describe('Whose turn the gateway left when it went down, and runs again.'),
    posture: z
      .array(
        z.object({
          name: z.string(),
          state: z.enum(['ok', 'warning', 'critical', 'not_checked']),
          detail: z.string(),
          fix: z.string().optional(),
        }),
      )
      .describe('How well it is protected.'),
    gateway_events: z
      .array(
        z.object({
          at: z.string().optional(),
          why: z.enum(['ended', 'out_of_memory', 'refused', 'deaf', 'full_disk']),
          did: z.enum(['restarted', 'failed', 'left_down']),
        }),
      )
      .optional()
      .describe('When its gateway went down by itself in the last week, and what was done; newest last.'),
    spend: spendOutput.optional().describe("By OpenClaw's own accounts."),
    advice: z.array(z.string()),
  }),
  async run({ machine_id, audit }, { services, signal }) {
    const id = await services.directory.resolve(machine_id, { signal });
    const { machine, layers, probe, advice, posture, channels, ...seen } = await look(services, id, audit, {
      signal,
    });
    const bad = layers
      .filter((layer) => layer.state !== 'ok')
      .map((layer) => `${layer.name}: ${layer.detail}`);
    const phase = safePhase(machine.phase);
    const interrupted = probe?.interrupted ?? [];
    const version = layers.find(({ name, state: how }) => name === 'openclaw' && how === 'ok');
    const spend = spendFields(seen.spend);
    const news = seen.history && newsOf(seen.history);
    const planned = automationWords(seen.automations);
    const state = [
      bad.length === 0 ? 'every layer works' : bad.join('; '),
      ...(version ? [`OpenClaw ${version.detail.replace(/\.$/, '')}`] : []),
      ...channelWords(channels ?? []),
      ...spendWords(spend),
      ...(news === undefined ? [] : [news]),
      ...(planned === undefined ? [] : [planned]),
    ];
    return {
      summary: `Machine ${id} (phase ${phase}): ${state.join('; ')}.${advice.length === 0 ? '' : ` Advice: ${advice.join(' ')}`}`,
      data: {
        machine_id: id,
        phase,
        working: bad.length === 0,
        layers,
        openclaw_version: probe?.openclaw_version,
        node_version: probe?.node_version,
        runtime: machine.runtime && toldOneOf(RUNTIMES, machine.runtime, 'unknown'),
        memory_available_mib: probe?.memory_available_mib,
        disk_free_mib: probe?.disk_free_mib,
        channels: channels?.map(({ id, state: how }) => ({ id, state: how })),
        ...(interrupted.length > 0 && {
          from_others: writtenByOthers('interrupted_sessions'),
          interrupted_sessions: interrupted,
        }),
        automations: seen.automations?.map(({ name, schedule, next, last, spends }) => ({
          ...{ name, schedule, spends },
          ...(next !== undefined && { next_at: next }),
          ...(last !== undefined && { last }),
        })),
        posture,
        gateway_events: seen.history && seen.history.events.length > 0 ? toldEvents(seen.history) : undefined,
        spend,
        advice,
      },
      foreign: [
        ...quoted('sessions whose interrupted turn runs again', interrupted),
        ...quoted('end of the gateway log', probe?.gateway_log === undefined ? [] : [probe.gateway_log]),
        ...quoted('last errors of channels', (channels ?? []).flatMap(channelError)),
        ...quoted('automations', (seen.automations ?? []).map(automationLine)),
        ...quoted('addresses and programs in the settings', seen.strange.map(broughtLine)),
        ...quoted("findings of OpenClaw's audit", seen.audit.map(auditLine)),
      ],
    };
  },
});

function automationLine({ name, schedule, next, last, spends }: Automation): string {
  return [
    name,
    schedule,
    `next ${next ?? 'not planned'}`,
    `last ${last ?? 'never'}`,
    spends ? 'takes model turns' : 'free',
  ].join('; ');
}

const channelError = ({ id, error }: ChannelState) => (error === undefined ? [] : [`${id}: ${error}`]);

const auditLine = ({ severity, checkId, title, remediation: remedy }: AuditFinding) =>
  `${severity} ${checkId}: ${title}${remedy ? ` (${remedy})` : ''}`;
