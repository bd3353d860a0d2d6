/** list_machines: every machine of the account, asleep or awake, and what it costs. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { AccountUsage } from '../dedalus/api.ts';
import { type ListedMachine, type Overview, overview } from '../workflows/look/costs.ts';
import { safePhase } from '../workflows/power/machine-phase.ts';
import { machineId } from './fields.ts';
import { defineTool } from './services.ts';

const waste = z.enum(['failed', 'stuck', 'forgotten']);

const machine = z.object({
  machine_id: z.string(),
  name: z.string().optional().describe('As given to deploy_openclaw on this computer.'),
  phase: z.string(),
  since: z.string().optional().describe('When it came into this phase.'),
  vcpu: z.number().optional(),
  memory_mib: z.number().optional(),
  storage_gib: z.number().optional(),
  autosleep_seconds: z.number().optional().describe('0: never sleeps by itself.'),
  created_at: z.string().optional(),
  waste: waste.optional(),
});

const DEFAULT_LIMIT = 50;
// The text alone must do for clients that show only that, and leave room for other results.
const MAX_LINES_CHARS = 6_500;
const MAX_WASTED = 10;

export const listMachines = defineTool({
  name: 'list_machines',
  title: 'List machines',
  description:
    'Lists machines: phase and since when, size, autosleep, what is billed now, and which hold quota for nothing (sleeping and failed ones count). Wakes nothing.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({
    limit: z.number().int().min(1).max(200).default(DEFAULT_LIMIT).describe('Machines at most.'),
    cursor: machineId.optional().describe('next_cursor of the page before.'),
  }),
  output: z.object({
    machines: z.array(machine),
    total: z.number(),
    next_cursor: z.string().optional(),
    quota_used: z.number().describe('Machines that count against the quota.'),
    awake: z.number(),
    awake_vcpu: z.number(),
    awake_memory_mib: z.number(),
    usage: z
      .object({
        awake_hours: z.number().optional(),
        storage_gib: z.number().optional(),
        included_storage_gib: z.number().optional(),
        plan: z.string().optional(),
      })
      .optional()
      .describe('Of the present billing period; absent where the API does not tell.'),
    wasted: z
      .array(z.object({ machine_id: z.string(), why: waste, since: z.string().optional() }))
      .describe('Machines that hold quota for nothing; destroy_machine removes one.'),
  }),
  async run({ limit, cursor }, { services, signal }) {
    const [seen, usage] = await Promise.all([
      overview(services, limit, cursor, { signal }),
      services.usage({ signal }),
    ]);
    if (seen === undefined) {
      throw new AppError(
        'invalid_input',
        'The list has changed and no longer holds the machine of this cursor',
        {
          next: 'Call list_machines without cursor.',
        },
      );
    }
    return {
      summary: summaryOf(seen, usage),
      data: {
        machines: seen.page.map(described),
        total: seen.total,
        next_cursor: seen.next,
        quota_used: seen.quotaUsed,
        awake: seen.awake.count,
        awake_vcpu: seen.awake.vcpu,
        awake_memory_mib: seen.awake.memoryMib,
        usage: usage && usageFields(usage),
        wasted: seen.wasted.map(({ machine: one, waste: why, since }) => ({
          machine_id: one.machineId,
          why: why ?? 'failed',
          since,
        })),
      },
    };
  },
});

function described({ machine: one, name, since, waste: why }: ListedMachine): z.input<typeof machine> {
  return {
    machine_id: one.machineId,
    name,
    phase: safePhase(one.phase),
    since,
    vcpu: one.vcpu,
    memory_mib: one.memoryMib,
    storage_gib: one.storageGib,
    autosleep_seconds: one.autosleepSeconds,
    created_at: one.createdAt,
    waste: why,
  };
}

function usageFields(usage: AccountUsage) {
  return {
    awake_hours: usage.awakeSeconds === undefined ? undefined : Math.round(usage.awakeSeconds / 360) / 10,
    storage_gib: usage.storageGib,
    included_storage_gib: usage.includedStorageGib,
    plan: usage.plan,
  };
}

function summaryOf(seen: Overview, usage: AccountUsage | undefined): string {
  if (seen.total === 0) return 'There are no machines. Next: call deploy_openclaw.';
  const lines = seen.page.map(lineOf);
  const shown = fitting(lines, MAX_LINES_CHARS);
  const hidden = lines.length - shown.length;
  return [
    `${seen.total} machine(s), ${seen.quotaUsed} of them count against the quota. ${costOf(seen, usage)}`,
    ...shown,
    ...(hidden > 0 ? [`… and ${hidden} more of this page in the structured result.`] : []),
    ...(seen.next === undefined ? [] : [`Next page: list_machines with cursor "${seen.next}".`]),
    ...wastedLines(seen.wasted),
  ].join('\n');
}

function costOf({ awake, total }: Overview, usage: AccountUsage | undefined): string {
  const asleep = total - awake.count;
  const now =
    awake.count === 0
      ? 'None is awake, so only storage is billed.'
      : `${awake.count} awake and billed now (${awake.vcpu} vCPU, ${awake.memoryMib} MiB together); ${asleep === 0 ? 'sleep_machine stops that' : `the other ${asleep} cost storage only`}.`;
  const hours =
    usage?.awakeSeconds === undefined
      ? ''
      : ` ${usageFields(usage).awake_hours} h awake were billed in this period.`;
  return `${now}${hours}`;
}

function lineOf({ machine: one, name, since }: ListedMachine): string {
  const size = `${one.vcpu ?? '?'} vCPU, ${one.memoryMib ?? '?'} MiB`;
  const lasting = since === undefined ? '' : ` since ${since.slice(0, 16)}Z`;
  return `${one.machineId}  ${name ?? 'unnamed'}  ${safePhase(one.phase)}${lasting}  ${size}  ${autosleepOf(one.autosleepSeconds)}`;
}

function autosleepOf(seconds: number | undefined): string {
  if (seconds === undefined) return 'autosleep unknown';
  return seconds === 0 ? 'stays awake until sleep_machine' : `sleeps after ${seconds} s without a call`;
}

const WHY: Readonly<Record<z.output<typeof waste>, string>> = {
  failed: 'has failed and does not come back by itself',
  stuck: 'has found no host for more than 5 minutes',
  forgotten: 'has slept for more than 14 days and was not deployed from this computer; make sure whose it is',
};

function wastedLines(wasted: readonly ListedMachine[]): string[] {
  if (wasted.length === 0) return [];
  const more = wasted.length - MAX_WASTED;
  return [
    `Holding quota for nothing (destroy_machine removes one; it first shows what would be lost):`,
    ...wasted
      .slice(0, MAX_WASTED)
      .flatMap(({ machine: one, waste: why }) => (why === undefined ? [] : [`${one.machineId} ${WHY[why]}`])),
    ...(more > 0 ? [`… and ${more} more.`] : []),
  ];
}

/** As many lines from the start as fit into `max` characters. */
function fitting(lines: readonly string[], max: number): readonly string[] {
  let used = 0;
  const end = lines.findIndex((line) => {
    used += line.length + 1;
    return used > max;
  });
  return end === -1 ? lines : lines.slice(0, end);
}
