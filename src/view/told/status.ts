/** One machine from its own layers up to its protection, as gateway_status returns it. */
import { type Fields, fields, list, number, text, texts } from './read.ts';
import { spendOf } from './spend.ts';

export type Check = NonNullable<ReturnType<typeof checkOf>>;
export type MachineStatus = ReturnType<typeof statusOf>;

export function statusOf(data: Fields) {
  return {
    machineId: text(data.machine_id) ?? '',
    phase: text(data.phase) ?? 'unknown',
    working: data.working === true,
    openclaw: text(data.openclaw_version),
    node: text(data.node_version),
    memoryMib: number(data.memory_available_mib),
    diskMib: number(data.disk_free_mib),
    layers: list(data.layers, checkOf),
    posture: list(data.posture, checkOf),
    advice: texts(data.advice),
    channels: list(data.channels, (one) => {
      const { id, state } = fields(one);
      return typeof id === 'string' ? { id, state: text(state) ?? 'unknown' } : undefined;
    }),
    events: list(data.gateway_events, (one) => {
      const { at, why, did } = fields(one);
      return { at: text(at), why: text(why) ?? 'ended', did: text(did) ?? 'unknown' };
    }),
    interrupted: texts(data.interrupted_sessions),
    spend: spendOf(data.spend),
  };
}

function checkOf(value: unknown) {
  const { name, state, detail, fix } = fields(value);
  return typeof name === 'string'
    ? { name, state: text(state) ?? 'not_checked', detail: text(detail) ?? '', fix: text(fix) }
    : undefined;
}
