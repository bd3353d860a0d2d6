/** What an assistant will do by itself, as its machine tells it. */
import type { WaitOptions } from '../../core/abort.ts';
import { plainText, toldOneOf, toldTime } from '../../core/text.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import { askSidecar, type SidecarMachines } from '../sidecar/ask-sidecar.ts';

export interface Automation {
  /** Foreign. */
  name: string;
  /** Foreign: `0 7 * * * (UTC)`, `every 7 days`. */
  schedule: string;
  /** ISO time; undefined where nothing is planned. */
  next: string | undefined;
  /** How it went last; undefined where it never ran. */
  last: 'ok' | 'error' | 'skipped' | 'other' | undefined;
  /** Whether it takes a turn of the model. */
  spends: boolean;
}

export type AutomationService = ReturnType<typeof automationService>;

const ASK_MS = 20_000;
/** Behind every time. */
const UNPLANNED = '9999';
const MAX_NAME_CHARS = 120;

export function automationService(machines: SidecarMachines) {
  return {
    /** Those that are switched on; undefined where it cannot be told. */
    async list(machineId: string, { signal }: WaitOptions = {}): Promise<Automation[] | undefined> {
      const how = { timeoutMs: ASK_MS, rerunnable: true, signal };
      return readAutomations(await askSidecar(machines, machineId, 'automations', {}, how));
    },
  };
}

/** Those that are due first come first. */
export function readAutomations({ jobs }: ReplyOf<'automations'>): Automation[] | undefined {
  return jobs
    ?.map(({ name, kind, schedule, next, last }) => ({
      name: plainText(name).slice(0, MAX_NAME_CHARS),
      schedule: scheduleOf(schedule),
      next: toldTime(next),
      last: last === undefined ? undefined : toldOneOf(['ok', 'error', 'skipped', 'other'], last, 'other'),
      // A shell command alone asks no model; of what is new nobody knows it.
      spends: kind !== 'command',
    }))
    .sort((a, b) => (a.next ?? UNPLANNED).localeCompare(b.next ?? UNPLANNED));
}

const UNITS: readonly (readonly [string, number])[] = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
];

function scheduleOf({
  expr,
  tz,
  everyMs,
  at,
}: NonNullable<ReplyOf<'automations'>['jobs']>[number]['schedule']): string {
  if (expr !== undefined)
    return plainText(`${expr}${tz === undefined ? '' : ` (${tz})`}`).slice(0, MAX_NAME_CHARS);
  if (everyMs !== undefined) {
    const [unit, ms] = UNITS.find(([, one]) => everyMs >= one) ?? ['seconds', 1_000];
    return `every ${Math.round((everyMs / ms) * 10) / 10} ${unit}`;
  }
  return at === undefined ? 'unknown' : `once, ${plainText(at).slice(0, MAX_NAME_CHARS)}`;
}
