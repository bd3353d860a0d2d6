/** Decides what a call to deploy means: join, go on with what an earlier call of the same name left, or begin. */
import semver from 'semver';
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { RequireRelease } from '../../openclaw/catalog/newest-release.ts';
import type { TestedRelease } from '../../openclaw/catalog/tested-release.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { Operations } from '../../operations/ports.ts';
import { asJson, type OperationRecord } from '../../operations/record.ts';
import type { Directory } from '../look/directory.ts';
import { livingOrGone } from '../power/machine-phase.ts';
import { type CheckModelDeps, checkModel } from './check-model.ts';
import { installed, type MachineSource, machineState, mayHoldAnAssistant } from './create-machine.ts';
import { DEPLOY, type DeployInput, deployInput } from './deploy.ts';
import { findByName } from './recover.ts';
import { requireSafeVersion } from './version.ts';

export interface StartDeployDeps extends CheckModelDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  operations: Operations;
  directory: Directory;
  requireRelease: RequireRelease;
  release: TestedRelease;
}

/**
 * Records the deploy before anything is created. One name stands for one machine: while that machine exists, a further
 * call goes on with it and never pays for a second one.
 */
export async function startDeploy(
  deps: StartDeployDeps,
  input: DeployInput,
  options: WaitOptions,
): Promise<OperationRecord> {
  const earlier = await deps.directory.latestDeploy(input.name);
  if (earlier?.status === 'running') return joined(earlier, input);
  await requireVersion(deps, input);
  const ownServer = await checkModel(deps, input.model, options.signal);
  const source = input.machineId === undefined ? await leftBy(deps, earlier, input, options) : input;
  return deps.operations.start({
    kind: DEPLOY,
    key: input.name,
    machineId: source.machineId,
    input: asJson({ ...input, ...source, ownServer }),
  });
}

/** @throws AppError `invalid_input` for a release that does not exist, or that has holes and is not wanted all the same. */
async function requireVersion(
  { requireRelease, release }: StartDeployDeps,
  { openclawVersion, allowUnsafeVersion }: DeployInput,
): Promise<void> {
  if (openclawVersion === undefined || openclawVersion === release.openclaw) return;
  if (semver.valid(openclawVersion) !== null) requireSafeVersion(openclawVersion, allowUnsafeVersion);
  await requireRelease(openclawVersion);
}

/** @throws AppError `conflict` where another machine is meant than the one that the running deploy is about. */
function joined(running: OperationRecord, { name, machineId }: DeployInput): OperationRecord {
  if (machineId === undefined || machineId === running.machineId) return running;
  throw new AppError('conflict', `Nothing was begun: a deploy of "${name}" onto another machine is running`, {
    next: `Call get_operation with operation_id "${running.id}", or deploy_openclaw under another name.`,
  });
}

async function leftBy(
  deps: StartDeployDeps,
  earlier: OperationRecord | undefined,
  input: DeployInput,
  options: WaitOptions,
): Promise<Partial<MachineSource>> {
  if (!earlier) return adopted(deps, input.name, options);
  if (earlier.unsettled) {
    // Its cancellation has not removed its machine yet. That is finished first, or it would later remove one that is in use.
    await deps.operations.cancel(earlier.id);
  }
  const { machineId } = earlier;
  if (machineId !== undefined) {
    const machine = await livingOrGone(deps.machines, machineId, options);
    if (machine?.phase === 'failed') return replaceFailed(deps, earlier, machineId, options);
    return machine ? { machineId } : {};
  }
  return unanswered(earlier);
}

/** The state folder may be gone, or on another computer, while the machine of this name lives: it is not paid for twice. */
async function adopted(
  deps: StartDeployDeps,
  name: string,
  options: WaitOptions,
): Promise<Partial<MachineSource>> {
  const machineId = await findByName(deps, name, await deps.directory.names(), options);
  return machineId === undefined ? {} : { machineId };
}

/** A failed machine holds quota for nothing; but one that was ever installed on may hold somebody's assistant. */
async function replaceFailed(
  { machines, operations }: StartDeployDeps,
  earlier: OperationRecord,
  machineId: string,
  options: WaitOptions,
): Promise<Partial<MachineSource>> {
  const usedByOthers = (await operations.list('all')).some(
    (record) => record.id !== earlier.id && record.machineId === machineId,
  );
  if (installed(earlier) || usedByOthers) {
    throw mayHoldAnAssistant(new AppError('machine_failed', `Machine ${machineId} of this name has failed`));
  }
  await machines.destroy(machineId, options);
  return {};
}

/** An earlier create call that may have made a machine although nobody heard of it. */
function unanswered(earlier: OperationRecord): Partial<MachineSource> {
  const state = machineState.safeParse(earlier.state);
  const before = deployInput.safeParse(earlier.input);
  const lost =
    earlier.status === 'failed' &&
    earlier.error !== undefined &&
    ['unavailable', 'timeout', 'cancelled', 'internal'].includes(earlier.error.code);
  if (!lost || !state.success || !state.data.key || !before.success) return {};
  const { key, keyAt } = state.data;
  const sent = before.data.unanswered?.key === key ? before.data.unanswered : undefined;
  return { unanswered: sent ?? { key, spec: before.data.spec, at: keyAt ?? earlier.createdAt } };
}
