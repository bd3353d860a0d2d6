/** What will run by itself, and what of it a sleeping machine misses: in our words, without a name of anybody's. */
import type { Automation } from '../../openclaw/look/automations.ts';

/** `2 automations run by themselves, 1 of them takes model turns, next at …`; undefined where there is none. */
export function automationWords(automations: readonly Automation[] | undefined): string | undefined {
  if (automations === undefined || automations.length === 0) return undefined;
  const spending = automations.filter(({ spends }) => spends).length;
  const next = automations[0]?.next;
  const due = next === undefined ? '' : `, the next at ${next}`;
  return `${automations.length} automation(s) run by themselves, ${spending} of them take model turns${due}`;
}

/** As 2026.9 does, two minutes after its start. */
const LATE =
  ' After the next wake OpenClaw runs each of the missed ones once, which takes model turns; configure_openclaw with set {"cron.skipMissedJobs": true} has it leave them out.';

/** What is missed while the machine sleeps; undefined where nothing is planned. */
export function missedWhileAsleep(automations: readonly Automation[] | undefined): string | undefined {
  const planned = (automations ?? []).filter(({ next }) => next !== undefined);
  const [first] = planned;
  if (first?.next === undefined) return undefined;
  const late = planned.some(({ spends }) => spends) ? LATE : '';
  return `${planned.length} automation(s) are planned, the next for ${first.next}: what is due while the machine sleeps does not run then, and nothing wakes it for that.${late}`;
}
