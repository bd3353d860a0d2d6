/** From a name to an assistant that answers: machine, Node, OpenClaw, configuration, gateway; each step resumable. */
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import type { MachineService } from '../../machine/ports.ts';
import { keyChoice, type ProviderKey } from '../../openclaw/catalog/providers.ts';
import { ownAutomationsNote } from '../../openclaw/catalog/settings.ts';
import { type ConfigureService, KEPT_NAME, keptNote } from '../../openclaw/configure/configure.ts';
import type { InstallPlan, JobSnapshot, OpenClawService } from '../../openclaw/openclaw-service.ts';
import { declareKind } from '../../operations/kind.ts';
import type { OperationHandle, OperationKind } from '../../operations/ports.ts';
import { asJson, type JsonObject, parseStored } from '../../operations/record.ts';
import { NOT_HERE } from '../../operations/running.ts';
import { tellRemainingKeys } from '../configure/remaining-keys.ts';
import { lastingJob } from '../jobs/start-again.ts';
import {
  chatNext,
  modelDetail,
  modelName,
  nodeDetail,
  nodeResult,
  openclawDetail,
} from '../result-fields.ts';
import { ownAnswer, withListedModels } from './check-model.ts';
import { machineSource, machineState, PLAN, usableMachine } from './create-machine.ts';
import { findDeploy, followRecovered, isRecovered } from './recover.ts';
import { twinNote } from './same-name.ts';
import { undoDeploy } from './undo.ts';
import { decidedPlan, versionState } from './version.ts';

export const DEPLOY = 'deploy';

export const deployInput = machineSource.extend({
  name: z.string(),
  model: z.string().optional(),
  openclawVersion: z.string().optional(),
  allowUnsafeVersion: z.boolean().optional(),
  ownServer: ownAnswer.optional(),
});
export type DeployInput = z.output<typeof deployInput>;

export interface DeployDeps {
  machines: MachineService;
  openclaw: OpenClawService;
  clock: Clock;
  /** The keys that this server holds now; never recorded. */
  providers: readonly ProviderKey[];
  settings: Pick<ConfigureService, 'show'>;
}

/** What the kind `deploy` does. */
export function deployWork(deps: DeployDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(deployInput, operation.record.input);
      if (isRecovered(operation.record)) return followRecovered(operation, deps.openclaw, input.name);
      if (deps.providers.length === 0) throw keyless();
      try {
        return await deployed(operation, deps, input);
      } catch (error) {
        throw isAppError(error) && !operation.signal.aborted ? withMachine(error, operation, input) : error;
      }
    },
    cancel: (record) => undoDeploy(deps, record),
    recover: (id) => findDeploy(deps, id),
  };
}

async function deployed(
  operation: OperationHandle,
  deps: DeployDeps,
  input: DeployInput,
): Promise<JsonObject> {
  const machineId = await usableMachine(operation, deps, input);
  await operation.stage(PLAN);
  const plan = await decidedPlan(operation, deps.openclaw, machineId, input);
  const job = await installed(operation, deps, machineId, plan, input);
  const kept = job.result.kept_beside ?? '';
  if (KEPT_NAME.test(kept)) await operation.note(keptNote(kept));
  if (input.ownServer?.state === 'unproved') await operation.note(UNPROVED);
  await tellRemainingKeys(operation, deps, input);
  const quiet = ownAutomationsNote(plan.openclawVersion);
  if (quiet !== undefined) await operation.note(quiet);
  const twins = await twinNote(deps, input.name, machineId, operation);
  if (twins !== undefined) await operation.note(twins);
  return asJson({
    machine_id: machineId,
    name: input.name,
    openclaw_version: plan.openclawVersion,
    node_version: plan.nodeVersion,
    model: job.result.model ?? input.model,
  });
}

const UNPROVED =
  'The model server could not be asked from this computer beforehand, so nothing proves yet that the assistant can answer: a first chat tells.';

/** A machine that this deploy has made goes on being billed, whatever stopped the deploy: that is part of its error. */
function withMachine(error: AppError, { record }: OperationHandle, input: DeployInput): AppError {
  const { machineId } = record;
  if (!machineId || input.machineId !== undefined) return error;
  const { next, details } = error;
  const kept = `Machine ${machineId} was created, is kept and is billed: deploy_openclaw under the same name goes on with it, destroy_machine with machine_id "${machineId}" ends it.`;
  return error.with({
    next: next === undefined ? kept : `${next} ${kept}`,
    details: { ...details, machine_id: machineId },
  });
}

/** @throws AppError `config` before anything is created when no model provider's key is set. */
export function requireProvider(providers: readonly ProviderKey[]): void {
  if (providers.length > 0) return;
  throw new AppError(
    'config',
    'No model provider key is set, so the assistant could not answer; nothing was created',
    {
      next: `Set ${keyChoice()}, or OPENAI_BASE_URL for a model server of your own, in this server's environment and restart it. \`npx -y openclaw-dedalus-mcp login\` asks for a key and keeps it.`,
    },
  );
}

/** The server that began it had a key. */
function keyless(): AppError {
  return new AppError(
    'config',
    'This server has no model provider key, so it cannot go on with the deploy; a server that has one can',
    {
      next: `Call get_operation in the client that began it, or set ${keyChoice()} in this server's environment and restart it.`,
      details: { reason: NOT_HERE },
    },
  );
}

async function installed(
  operation: OperationHandle,
  deps: DeployDeps,
  machineId: string,
  plan: InstallPlan,
  input: DeployInput,
): Promise<JobSnapshot> {
  const providers = withListedModels(deps.providers, input.ownServer);
  const settings = { name: input.name, model: input.model, providers };
  return lastingJob(operation, deps, machineId, () =>
    deps.openclaw.startDeploy(machineId, operation.id, plan, settings, operation),
  );
}

export const deploy = declareKind({
  name: DEPLOY,
  input: deployInput,
  state: machineState.extend(versionState.shape),
  result: nodeResult.extend({ name: z.string(), model: modelName }),
  early: ({ input: { name, model } }) => ({ name, model }),
  notBeside: ['configure', 'upgrade', 'restore', 'repair'],
  takesKeys: () => true,
  work: deployWork,
  words: {
    subject: 'Deploying OpenClaw',
    noun: 'a deploy',
    doneAs: 'ready',
    details: ({ openclaw_version, node_version, model }) => [
      openclawDetail(openclaw_version),
      nodeDetail(node_version),
      modelDetail(model),
    ],
    next: chatNext,
    fromOthers: ({ model }) => (model === undefined ? [] : ['model']),
  },
});
