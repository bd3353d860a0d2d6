/** The machines of an account, as list_machines returns them. */
import { type Fields, fields, list, number, text } from './read.ts';

export type Machine = NonNullable<ReturnType<typeof machineOf>>;
export type Machines = ReturnType<typeof machinesOf>;

export function machinesOf(data: Fields) {
  const usage = fields(data.usage);
  return {
    machines: list(data.machines, machineOf),
    total: number(data.total) ?? 0,
    awake: number(data.awake) ?? 0,
    awakeVcpu: number(data.awake_vcpu) ?? 0,
    awakeMemoryMib: number(data.awake_memory_mib) ?? 0,
    awakeHours: number(usage.awake_hours),
    plan: text(usage.plan),
    more: text(data.next_cursor),
  };
}

function machineOf(value: unknown) {
  const data = fields(value);
  const id = text(data.machine_id);
  if (id === undefined) return undefined;
  return {
    id,
    name: text(data.name),
    phase: text(data.phase) ?? 'unknown',
    since: text(data.since),
    vcpu: number(data.vcpu),
    memoryMib: number(data.memory_mib),
    storageGib: number(data.storage_gib),
    autosleepSeconds: number(data.autosleep_seconds),
    waste: text(data.waste),
  };
}
