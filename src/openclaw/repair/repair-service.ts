/** The machine side of a repair: each step is one command. */
import type { MachineService } from '../../machine/ports.ts';
import type { ProviderKey } from '../catalog/providers.ts';
import { providerSecrets } from '../catalog/settings.ts';
import { installRequest, type ResolveSources, resolvePlan } from '../resolve-plan.ts';
import { askSidecar, startJob } from '../sidecar/ask-sidecar.ts';
import type { RepairService } from './ports.ts';
import { readDiagnosis, readDoctor } from './read-diagnosis.ts';

/** Three probes of 3 to 5 s each, one reading of the configuration, and a cold disk. */
const DIAGNOSE_MS = 60_000;
/** Measured 5 s on a quiet machine; it starts all of OpenClaw. The machine itself gives OpenClaw's command line 90 s, and then says that it was not answered. */
const DOCTOR_MS = 120_000;
/** It waits up to 150 s for a start of the gateway that is going on. */
const MEND_MS = 230_000;

export interface RepairDeps extends ResolveSources {
  machines: Pick<MachineService, 'run'>;
  /** The keys that this server holds now, for those that are missing on the machine. */
  providers: readonly ProviderKey[];
}

export function repairService(deps: RepairDeps): RepairService {
  const rerunnable = true;
  return {
    async diagnose(machineId, options) {
      const how = { timeoutMs: DIAGNOSE_MS, rerunnable, signal: options?.signal };
      const ask = async () => readDiagnosis(await askSidecar(deps.machines, machineId, 'diagnose', {}, how));
      if (options?.renew !== true) return ask();
      // A new start mends a broken Node on its way: what was broken before is told all the same.
      const before = await ask().catch(() => undefined);
      await askSidecar(deps.machines, machineId, 'hello', {}, { ...how, replace: true });
      const seen = await ask();
      return before?.node === 'broken' ? { ...seen, node: 'broken' } : seen;
    },
    async askDoctor(machineId, options) {
      const how = { timeoutMs: DOCTOR_MS, rerunnable, signal: options?.signal };
      return readDoctor(await askSidecar(deps.machines, machineId, 'doctor', {}, how));
    },
    async endInterrupted(machineId, options) {
      const how = { timeoutMs: DOCTOR_MS, rerunnable, signal: options?.signal };
      return (await askSidecar(deps.machines, machineId, 'end_interrupted', {}, how)).ended.length;
    },
    async mend(machineId, mends, options) {
      const request = {
        mends: [...mends],
        provider_keys: mends.includes('keys') ? providerSecrets(deps.providers) : {},
      };
      const how = { timeoutMs: MEND_MS, rerunnable, signal: options?.signal };
      return (await askSidecar(deps.machines, machineId, 'mend', request, how)).done;
    },
    async startReinstall(machineId, jobId, openclawVersion, nodeVersion, options) {
      const plan = await resolvePlan(deps, openclawVersion, (request, how) =>
        askSidecar(deps.machines, machineId, 'resolve', request, { ...how, signal: options?.signal }),
      );
      const install = installRequest(deps, { ...plan, nodeVersion: nodeVersion ?? plan.nodeVersion });
      await startJob(deps, machineId, { id: jobId, kind: 'reinstall', request: { install } }, options);
    },
  };
}
