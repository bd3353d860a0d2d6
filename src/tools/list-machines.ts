/** list_machines: every machine of the account, asleep or awake. */
import { z } from 'zod';
import type { Machine } from '../dedalus/api.ts';
import { safePhase } from '../workflows/awake.ts';
import { isAlive } from '../workflows/directory.ts';
import { defineTool } from './services.ts';

const machine = z.object({
  machine_id: z.string(),
  name: z.string().optional().describe('As given to deploy_openclaw on this computer.'),
  phase: z.string(),
  vcpu: z.number().optional(),
  memory_mib: z.number().optional(),
  storage_gib: z.number().optional(),
  autosleep_seconds: z.number().optional().describe('0: never sleeps by itself.'),
  created_at: z.string().optional(),
});

export const listMachines = defineTool({
  name: 'list_machines',
  title: 'List machines',
  description:
    'Lists the machines of this account with phase and size; sleeping and failed ones count against the quota too. Wakes nothing.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({}),
  output: z.object({
    machines: z.array(machine),
    quota_used: z.number().describe('Machines that count against the quota.'),
  }),
  async run(_input, { services, signal }) {
    const [all, names] = await Promise.all([services.machines.list({ signal }), services.directory.names()]);
    const machines = all.map((one) => described(one, names.get(one.machineId)));
    const lines = machines.map(
      (m) =>
        `${m.machine_id}  ${m.name ?? 'unnamed'}  ${m.phase}  ${m.vcpu ?? '?'} vCPU, ${m.memory_mib ?? '?'} MiB`,
    );
    return {
      summary:
        lines.length === 0
          ? 'There are no machines. Next: call deploy_openclaw.'
          : `${lines.length} machine(s):\n${lines.join('\n')}`,
      data: { machines, quota_used: all.filter(isAlive).length },
    };
  },
});

function described(one: Machine, name: string | undefined): z.input<typeof machine> {
  return {
    machine_id: one.machineId,
    name,
    phase: safePhase(one.phase),
    vcpu: one.vcpu,
    memory_mib: one.memoryMib,
    storage_gib: one.storageGib,
    autosleep_seconds: one.autosleepSeconds,
    created_at: one.createdAt,
  };
}
