/** Another OpenClaw version under the same assistant: which changes of version are possible, and the job that makes one. */
import semver from 'semver';
import * as z from 'zod';
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import { toldVersion } from '../core/text.ts';
import { settingsDemanded } from './catalog/settings.ts';
import type { OpenClawDeps } from './openclaw-service.ts';
import type { InstallPlan, JobSnapshot } from './ports.ts';
import { installRequest } from './resolve-plan.ts';
import { askSidecar, startJob } from './sidecar/ask-sidecar.ts';
import { type CarriedPlugins, CHANNEL_PLUGINS, carriedPlugins, rollbackError } from './state-change.ts';

/** Milliseconds that a look may take. */
const LOOK_MS = 15_000;

export interface UpgradePlan extends InstallPlan {
  /** The older version whose kept state comes back with it; only for a downgrade. */
  restore: string | undefined;
}

export type UpgradeService = ReturnType<typeof upgradeService>;

export function upgradeService(deps: OpenClawDeps) {
  return {
    /** Versions whose state, as they left it when they were upgraded, lies on the machine. */
    async keptStates(machineId: string, { signal }: WaitOptions = {}): Promise<string[]> {
      const how = { timeoutMs: LOOK_MS, rerunnable: true, signal };
      const { kept } = await askSidecar(deps.machines, machineId, 'kept_states', {}, how);
      return kept.filter((version) => toldVersion(version) === version);
    },
    /** Starts or joins the detached job; it undoes itself when the new version does not work. Read it with readJob. */
    async startUpgrade(
      machineId: string,
      jobId: string,
      plan: UpgradePlan,
      { signal }: WaitOptions = {},
    ): Promise<void> {
      const request = {
        install: installRequest(deps, plan),
        restore: plan.restore ?? '',
        defaults: { ...settingsDemanded(plan.openclawVersion) },
        plugins: CHANNEL_PLUGINS,
        registry: deps.npmRegistry,
      };
      await startJob(deps, machineId, { id: jobId, kind: 'upgrade', request }, { signal });
    },
  };
}

/**
 * Which kept state a change of version needs, if any.
 * @param kept the versions that have one on the machine.
 * @throws AppError `conflict` for a downgrade that was not asked for, or that would lose the state without a word.
 */
export function stateFor(
  from: string,
  to: string,
  kept: readonly string[],
  allowDowngrade: boolean,
): string | undefined {
  if (semver.gte(to, from)) return undefined;
  if (!allowDowngrade) {
    throw new AppError('conflict', `OpenClaw ${from} runs there and ${to} is older; nothing was changed`, {
      next: 'Pass allow_downgrade true only if the person wants the older version.',
    });
  }
  const fitting = semver.maxSatisfying([...kept], `<=${to}`);
  if (fitting !== null) return fitting;
  // Releases of one month share the form of their state, and refuse one that is too new, which undoes the change.
  if (semver.major(from) === semver.major(to) && semver.minor(from) === semver.minor(to)) return undefined;
  throw new AppError(
    'conflict',
    `OpenClaw ${to} cannot read the state that ${from} has written, and no older state is kept on this machine; nothing was changed`,
    {
      next: 'Deploy the older version on another machine, and restore a backup there that was made with it or an older one.',
    },
  );
}

const told = z.string().transform((version) => toldVersion(version) ?? 'unknown');
const yes = z.enum(['yes', 'no']).transform((word) => word === 'yes');
const outcome = z.object({
  from: told,
  to: told,
  node_from: told,
  node_to: told,
  /** Whether a database was made, or its schema changed. */
  state_migrated: yes,
  rolled_back: yes,
});

export interface UpgradeOutcome {
  upgrade: z.output<typeof outcome>;
  plugins: CarriedPlugins;
  /** Why everything is as it was before; undefined when the new version works. */
  failure: AppError | undefined;
}

/** @throws AppError `command_failed` when it is not what the job prints. */
export function upgradeOutcome({ result }: JobSnapshot): UpgradeOutcome {
  const read = outcome.safeParse(result);
  if (!read.success)
    throw new AppError('command_failed', "The machine's account of an upgrade cannot be read");
  const { from, to, rolled_back } = read.data;
  const failed = `OpenClaw ${to} does not work here and was rolled back`;
  const restored = `${from} answers again, with its state as before`;
  const failure = rolled_back
    ? rollbackError(result, failed, restored, `${from} does not start either`)
    : undefined;
  return { upgrade: read.data, plugins: carriedPlugins(result), failure };
}
