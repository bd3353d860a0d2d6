/** Changes the version of an assistant that works, and gives it back as it was when the new version does not. */
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import { type NewestRelease, newerThan } from '../../openclaw/catalog/newest-release.ts';
import { isUntested, type TestedRelease } from '../../openclaw/catalog/tested-release.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import { pluginNotes } from '../../openclaw/state-change.ts';
import {
  stateFor,
  type UpgradeOutcome,
  type UpgradeService,
  upgradeOutcome,
} from '../../openclaw/upgrade.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, type JsonObject, parseStored } from '../../operations/record.ts';
import { isRecovered } from '../deploy/recover.ts';
import { requireSafeVersion } from '../deploy/version.ts';
import { recoveredJob, recoverJob } from '../jobs/recover.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { wakeMachine } from '../power/wake.ts';
import { chatNext, nodeDetail, nodeResult, openclawDetail } from '../result-fields.ts';

export const UPGRADE = 'upgrade';
const AGAIN = 'Call upgrade_openclaw again if it is still wanted: it undoes first what was left half done.';

export const upgradeInput = z.object({
  machineId: z.string(),
  openclawVersion: z.string().optional(),
  allowDowngrade: z.boolean(),
  allowUnsafeVersion: z.boolean().optional(),
});

/** Decided once: after the switch the machine itself no longer tells what it was changed from. */
const upgradePlan = z.object({
  openclawVersion: z.string(),
  nodeVersion: z.string(),
  nodeSource: z.enum(['official', 'registry']),
  arch: z.string(),
  home: z.string(),
  port: z.number(),
  warnings: z.array(z.string()),
  from: z.string(),
  restore: z.string().optional(),
});
type Plan = z.output<typeof upgradePlan>;

/** `upgrade`: what became of the machine, as callers are shown it. */
export const upgradeState = z.object({ plan: upgradePlan.optional(), upgrade: z.json().optional() });

export interface UpgradeDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  upgrades: UpgradeService;
  /** What is installed unless another is asked for. */
  release: TestedRelease;
  newest: NewestRelease;
}

/** What the kind `upgrade` does. */
export function upgradeWork(deps: UpgradeDeps): OperationKind {
  return {
    async run(operation) {
      if (isRecovered(operation.record)) return recoveredUpgrade(operation, deps);
      const { machineId } = parseStored(upgradeInput, operation.record.input);
      await wakeMachine(operation, deps.machines, machineId);
      const plan = await decided(operation, deps);
      if (plan.openclawVersion === plan.from) return unchanged(operation, deps, machineId, plan);
      const job = await lastingJob(operation, deps, machineId, () =>
        deps.upgrades.startUpgrade(machineId, operation.id, { ...plan, restore: plan.restore }, operation),
      );
      return concluded(operation, deps, machineId, plan, upgradeOutcome(job));
    },
    recover: (id, machineId) => recoverJob(deps, id, machineId, AGAIN),
  };
}

async function recoveredUpgrade(operation: OperationHandle, deps: UpgradeDeps): Promise<JsonObject> {
  const machineId = String(operation.record.input.machineId);
  const job = await recoveredJob(operation, deps.openclaw, machineId, AGAIN);
  return concluded(operation, deps, machineId, { warnings: [], restore: undefined }, upgradeOutcome(job));
}

async function decided(operation: OperationHandle, deps: UpgradeDeps): Promise<Plan> {
  const known = upgradePlan.safeParse(operation.record.state.plan);
  if (known.success) return known.data;
  const input = parseStored(upgradeInput, operation.record.input);
  const { machineId, openclawVersion, allowDowngrade } = input;
  await operation.stage('plan');
  const seen = await deps.openclaw.probe(machineId, operation);
  const from = seen.openclaw_version;
  if (from === undefined || seen.config === 'missing') {
    throw new AppError(
      'conflict',
      'OpenClaw is not installed whole on this machine, so there is nothing to upgrade',
      {
        next: `Call deploy_openclaw with machine_id "${machineId}".`,
      },
    );
  }
  // Without a wish nothing goes back: a machine may have a newer one than the tested.
  const wish = openclawVersion ?? (isUntested(from, deps.release) ? from : undefined);
  const wanted = await deps.openclaw.resolve(machineId, wish, { signal: operation.signal, seen });
  if (wanted.openclawVersion !== from) {
    // A tag says only now which release it stands for.
    requireSafeVersion(wanted.openclawVersion, input.allowUnsafeVersion);
  }
  const kept = await deps.upgrades.keptStates(machineId, operation);
  const restore = stateFor(from, wanted.openclawVersion, kept, allowDowngrade);
  const plan = upgradePlan.parse({ ...wanted, from, restore });
  await operation.save({ plan: asJson(plan) });
  return plan;
}

async function tellNewer(
  operation: OperationHandle,
  { release, newest }: UpgradeDeps,
  installed: string,
): Promise<void> {
  const there = newerThan(installed, await newest(), release);
  if (there !== undefined)
    await operation.note(`${there} It is installed only when openclaw_version names it.`);
}

async function unchanged(
  operation: OperationHandle,
  deps: UpgradeDeps,
  machineId: string,
  plan: Plan,
): Promise<JsonObject> {
  await operation.note('This version runs there already; nothing was changed.');
  for (const warning of plan.warnings) await operation.note(warning);
  await tellNewer(operation, deps, plan.openclawVersion);
  return { machine_id: machineId, openclaw_version: plan.openclawVersion };
}

async function concluded(
  operation: OperationHandle,
  deps: UpgradeDeps,
  machineId: string,
  plan: Pick<Plan, 'warnings' | 'restore'>,
  { upgrade, plugins, failure }: UpgradeOutcome,
): Promise<JsonObject> {
  // A failed operation has no result, but what became of the machine must be told all the same.
  await operation.save({ upgrade });
  if (failure) throw failure;
  for (const warning of plan.warnings) await operation.note(warning);
  await tellNewer(operation, deps, upgrade.to);
  for (const note of pluginNotes(plugins)) await operation.note(note);
  if (plan.restore !== undefined) {
    await operation.note(
      `The assistant is back in the state in which ${plan.restore} was upgraded; the newer state is kept aside on the machine.`,
    );
  }
  return { machine_id: machineId, openclaw_version: upgrade.to, node_version: upgrade.node_to, upgrade };
}

const changed = z.object({
  from: z.string(),
  to: z.string(),
  node_from: z.string(),
  node_to: z.string(),
  state_migrated: z.boolean(),
  rolled_back: z.boolean(),
});

export const upgrade = declareKind({
  name: UPGRADE,
  input: upgradeInput,
  state: upgradeState,
  result: nodeResult.extend({ upgrade: changed }),
  // A failed upgrade has no result; what became of the machine must be told all the same.
  early: ({ state }) => ({ upgrade: state.upgrade }),
  notBeside: ['configure', 'restore', 'backup', 'deploy', 'repair'],
  work: upgradeWork,
  words: {
    subject: 'The upgrade of OpenClaw',
    noun: 'an upgrade',
    details: ({ openclaw_version, node_version, upgrade: from }) => [
      openclawDetail(openclaw_version),
      nodeDetail(node_version),
      from && `before: OpenClaw ${from.from}, Node ${from.node_from}`,
    ],
    next: chatNext,
  },
});
