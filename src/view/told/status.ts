/** One machine from its own layers up to its protection, as gateway_status returns it. */
import { type Fields, fields, list, number, text, texts } from './read.ts';
import { type Spend, spendOf } from './spend.ts';

export interface Check {
  name: string;
  state: string;
  detail: string;
  fix: string | undefined;
}

export interface MachineStatus {
  machineId: string;
  phase: string;
  working: boolean;
  openclaw: string | undefined;
  node: string | undefined;
  memoryMib: number | undefined;
  diskMib: number | undefined;
  layers: Check[];
  posture: Check[];
  advice: string[];
  channels: { id: string; state: string }[];
  events: { at: string | undefined; why: string; did: string }[];
  interrupted: string[];
  spend: Spend | undefined;
}

export function statusOf(data: Fields): MachineStatus {
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

function checkOf(value: unknown): Check | undefined {
  const { name, state, detail, fix } = fields(value);
  return typeof name === 'string'
    ? { name, state: text(state) ?? 'not_checked', detail: text(detail) ?? '', fix: text(fix) }
    : undefined;
}
